#!/bin/bash
# Runs once, when the volume is empty: two databases, each with an owner of its own.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --set airflow="$AIRFLOW_DB_PASSWORD" --set kundenecho="$KUNDENECHO_DB_PASSWORD" \
     --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE DATABASE airflow OWNER airflow;
CREATE ROLE kundenecho LOGIN CREATEROLE PASSWORD :'kundenecho';
CREATE DATABASE kundenecho OWNER kundenecho;
SQL
