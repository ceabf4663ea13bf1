# Debian's part, on top of what debootstrap made: today's security fixes, and the few packages that are needed.
FROM tinhmau/bootstrap
ARG SUITE MIRROR SECURITY_MIRROR PACKAGES
RUN [ -z "$MIRROR" ] || printf 'deb %s %s main\ndeb %s %s-updates main\ndeb %s %s-security main\n' \
      "$MIRROR" "$SUITE" "$MIRROR" "$SUITE" "$SECURITY_MIRROR" "$SUITE" > /etc/apt/sources.list \
 && export DEBIAN_FRONTEND=noninteractive \
 && apt-get update -qq && apt-get upgrade -y -qq && apt-get install -y -qq --no-install-recommends $PACKAGES \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /usr/share/doc /usr/share/man /usr/share/locale \
 && find / -xdev -perm /6000 -type f -exec chmod a-s {} +
