# One image for every service of docker-compose.yml: Airflow with Kundenecho installed.
ARG AIRFLOW_VERSION=3.3.2
FROM apache/airflow:${AIRFLOW_VERSION}-python3.11

ARG AIRFLOW_VERSION
COPY --chown=airflow:0 . /opt/kundenecho
WORKDIR /opt/kundenecho

# The lock keeps the versions that the tests ran with; Airflow itself stays the image's.
RUN pip install --no-cache-dir "apache-airflow==${AIRFLOW_VERSION}" --constraint requirements.lock /opt/kundenecho

# The dictionary is written once into the image, readable for all, instead of being unpacked by each process. As root:
# whether pip's environment is the airflow user's own depends on the base image.
USER root
RUN PYTHONUSERBASE=/home/airflow/.local python -m nlp.dictionary
USER airflow

ENV AIRFLOW__CORE__DAGS_FOLDER=/opt/kundenecho/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    KUNDENECHO_CONFIG=/opt/kundenecho/kundenecho.toml \
    KUNDENECHO_HOME=/var/lib/kundenecho

USER root
RUN install -d -o airflow -g 0 -m 0770 /var/lib/kundenecho
USER airflow
