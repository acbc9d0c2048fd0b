#!/bin/bash
# Runs before the services start, on each start: both databases brought to this version.
set -euo pipefail
airflow db migrate
airflow users create --role Admin --username admin --password "$AIRFLOW_ADMIN_PASSWORD" \
    --firstname Kundenecho --lastname Betrieb --email admin@localhost || true
kundenecho db migrate
