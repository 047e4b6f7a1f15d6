#!/bin/sh
# /etc/letsencrypt/renewal-hooks/deploy/oidc-provider-fapi: hands a renewed certificate to the service. Not run by certbot
# where this project is tested; a test runs it with a folder of its own.
#
# certbot sets RENEWED_LINEAGE. The key goes first: until the certificate that fits is there too, the server keeps the old pair.
set -eu
target=${OIDC_PROVIDER_FAPI_TLS:-/etc/oidc-provider-fapi}
group=${OIDC_PROVIDER_FAPI_GROUP:-oidc-provider-fapi}
for name in privkey.pem:tls.key fullchain.pem:tls.crt; do
  from=$RENEWED_LINEAGE/${name%%:*}
  to=$target/${name##*:}
  umask 027
  cp "$from" "$to.new"
  chgrp "$group" "$to.new"
  chmod 0640 "$to.new"
  mv "$to.new" "$to" # at once: nobody reads half of it
done
