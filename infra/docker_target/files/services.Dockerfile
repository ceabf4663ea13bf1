# The services' own code, on top of what it needs: a new release changes nothing else.
ARG BASE
FROM $BASE
USER root
COPY services /opt/tinhmau/lib/python3.11/site-packages/services
RUN python3 -m compileall -q -j 0 /opt/tinhmau/lib/python3.11/site-packages/services
USER 10001
