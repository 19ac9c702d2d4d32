# What a careful person would type on a bare host, without any tool: the same packages, app, units and certificate.
# Run as root with /root/plain/sample_app, /root/plain/acme-ca.pem and /root/plain/env in place.
set -eu
NAME=$1 DIRECTORY=$2
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y update >/dev/null
apt-get -q -y --no-install-recommends install ca-certificates certbot logrotate nginx openssl python3-venv tzdata \
  unattended-upgrades >/dev/null
useradd --system --user-group --home-dir /var/lib/plain --shell /usr/sbin/nologin plain
install -d -o plain -g plain -m 700 /var/lib/plain
install -d /srv/plain /var/www/acme
cp -r /root/plain/sample_app /srv/plain/code
install -m 600 /root/plain/env /srv/plain/env
python3 -m venv /srv/plain/venv
/srv/plain/venv/bin/pip install -q --disable-pip-version-check -r /srv/plain/code/requirements.txt
cd /srv/plain/code
systemd-run -q --wait --uid=plain --working-directory=/srv/plain/code -p EnvironmentFile=/srv/plain/env \
  /srv/plain/venv/bin/flask --app shortener db upgrade
cat > /etc/systemd/system/plain.service <<'UNIT'
[Service]
Type=notify
User=plain
RuntimeDirectory=plain
WorkingDirectory=/srv/plain/code
EnvironmentFile=/srv/plain/env
ExecStart=/srv/plain/venv/bin/gunicorn --no-control-socket -w 3 -k gthread --threads 4 -b unix:/run/plain/sock shortener:create_app()
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable -q --now plain.service
rm /etc/nginx/sites-enabled/default
cat > /etc/nginx/sites-enabled/plain.conf <<NGINX
server { listen 80; server_name $NAME; location /.well-known/acme-challenge/ { root /var/www/acme; } location / { return 301 https://\$host\$request_uri; } }
NGINX
systemctl reload nginx
REQUESTS_CA_BUNDLE=/root/plain/acme-ca.pem certbot certonly -q -n --agree-tos --register-unsafely-without-email \
  --server "$DIRECTORY" --webroot -w /var/www/acme --cert-name "$NAME" -d "$NAME" --deploy-hook 'systemctl reload nginx'
cat >> /etc/nginx/sites-enabled/plain.conf <<NGINX
server { listen 443 ssl http2; server_name $NAME; ssl_certificate /etc/letsencrypt/live/$NAME/fullchain.pem;
  ssl_certificate_key /etc/letsencrypt/live/$NAME/privkey.pem;
  location /static/ { alias /srv/plain/code/shortener/static/; }
  location / { proxy_pass http://unix:/run/plain/sock; proxy_set_header Host \$host; proxy_set_header X-Forwarded-For \$remote_addr;
    proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Forwarded-Host \$host; } }
NGINX
systemctl reload nginx
