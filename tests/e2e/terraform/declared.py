"""The types that the Go clients declare for answers.

Enumerations are strings there, so any text passes. `HANDWRITTEN` types embed the members
that the handwritten client reads in every answer.
"""

from terraform.go_types import (
    ANY, BOOL, FLOAT, INT, STRING, TIME, List, Map, Pointer, Struct,
)  # fmt: skip

# === Private links, generated client ===

AZURE_LINK = Struct(
    azure_service_alias=Pointer(STRING),
    azure_service_id=Pointer(STRING),
    state=STRING,
    user_subscription_ids=List(STRING),
)
GOOGLE_LINK = Struct(google_service_attachment=STRING, state=STRING)
AWS_LINK = Struct(
    aws_service_id=Pointer(STRING),
    aws_service_name=Pointer(STRING),
    principals=List(STRING),
    state=STRING,
)
AZURE_CONNECTION = Struct(
    private_endpoint_id=STRING,
    privatelink_connection_id=Pointer(STRING),
    state=STRING,
    user_ip_address=STRING,
)
GOOGLE_CONNECTION = Struct(
    privatelink_connection_id=STRING,
    psc_connection_id=STRING,
    state=STRING,
    user_ip_address=STRING,
)
AVAILABILITY = Struct(
    privatelink_availability=List(Struct(cloud_name=STRING, price_usd=STRING))
)

# === Handwritten client ===

HANDWRITTEN = Struct(
    errors=List(Struct(message=STRING, more_info=STRING, status=INT)), message=STRING
)
HANDWRITTEN_GOOGLE_LINK = HANDWRITTEN.with_members(google_service_attachment=STRING, state=STRING)
HANDWRITTEN_AZURE_LINK = HANDWRITTEN.with_members(
    azure_service_alias=STRING,
    azure_service_id=STRING,
    state=STRING,
    user_subscription_ids=List(STRING),
)
HANDWRITTEN_AZURE_CONNECTIONS = HANDWRITTEN.with_members(
    connections=List(
        HANDWRITTEN.with_members(
            private_endpoint_id=STRING,
            privatelink_connection_id=STRING,
            state=STRING,
            user_ip_address=STRING,
        )
    )
)
HANDWRITTEN_GOOGLE_CONNECTIONS = HANDWRITTEN.with_members(
    connections=List(HANDWRITTEN.with_members(**GOOGLE_CONNECTION.members))
)
PLAN = HANDWRITTEN.with_members(
    disk_space_cap_mb=INT, disk_space_mb=INT, disk_space_step_mb=INT
)
PRICE = HANDWRITTEN.with_members(base_price_usd=STRING, extra_disk_price_per_gb_usd=STRING)
TAGS_SET = HANDWRITTEN

# === Networks and addresses, generated client ===

VPC = Struct(
    cloud_name=STRING,
    create_time=TIME,
    network_cidr=STRING,
    peering_connections=List(Map(ANY)),
    pending_build_only_peering_connections=Pointer(STRING),
    project_vpc_id=STRING,
    state=STRING,
    update_time=TIME,
)
VPCS = Struct(
    vpcs=List(
        Struct(
            cloud_name=STRING,
            create_time=TIME,
            network_cidr=STRING,
            project_vpc_id=STRING,
            state=STRING,
            update_time=TIME,
        )
    )
)
STATIC_IP = Struct(
    cloud_name=STRING,
    ip_address=STRING,
    service_name=STRING,
    state=STRING,
    static_ip_address_id=STRING,
    termination_protection=BOOL,
)
STATIC_IPS = Struct(static_ips=List(STATIC_IP))

# === Services, generated client ===

PARAMS = Struct(
    dbname=STRING, host=STRING, password=STRING, port=STRING, sslmode=STRING, user=STRING
)
TEXTS = (
    "influxdb_dbname", "influxdb_password", "influxdb_uri", "influxdb_username",
    "kafka_access_cert", "kafka_access_key", "kafka_connect_uri", "kafka_rest_uri",
    "mysql_replica_uri", "opensearch_dashboards_uri", "opensearch_password",
    "opensearch_username", "pg_replica_uri", "query_frontend_uri", "query_uri",
    "receiver_remote_write_uri", "redis_password", "redis_replica_uri", "schema_registry_uri",
    "valkey_password", "valkey_replica_uri",
)  # fmt: skip
LISTS = (
    "clickhouse", "dragonfly", "grafana", "influxdb", "kafka", "kafka_connect", "mysql",
    "mysql_standby", "opensearch", "pg", "pg_standby", "pg_syncing", "redis", "redis_slave",
    "thanos", "valkey", "valkey_slave",
)  # fmt: skip
CONNECTION_INFO = Struct(
    **dict.fromkeys(TEXTS, Pointer(STRING)),
    **dict.fromkeys(LISTS, List(STRING)),
    mysql_params=List(PARAMS),
    pg_params=List(PARAMS),
)
COMPONENT = Struct(
    component=STRING,
    host=STRING,
    kafka_authentication_method=STRING,
    kafka_ssl_ca=STRING,
    path=Pointer(STRING),
    port=INT,
    privatelink_connection_id=Pointer(STRING),
    route=STRING,
    ssl=Pointer(BOOL),
    usage=STRING,
)
USER = Struct(
    access_cert=Pointer(STRING),
    access_cert_not_valid_after_time=Pointer(TIME),
    access_control=Pointer(Map(ANY)),
    access_key=Pointer(STRING),
    authentication=STRING,
    expiring_cert_not_valid_after_time=Pointer(TIME),
    password=STRING,
    password_updated_time=Pointer(TIME),
    type=STRING,
    username=STRING,
)
MAINTENANCE = Struct(
    dow=STRING,
    enabled=Pointer(BOOL),
    time=STRING,
    updates=List(
        Struct(deadline=Pointer(STRING), description=Pointer(STRING), start_at=Pointer(TIME))
    ),
)
NODE_STATE = Struct(
    name=STRING,
    progress_updates=List(
        Struct(completed=BOOL, current=Pointer(INT), max=Pointer(INT), min=Pointer(INT),
               phase=STRING, unit=Pointer(STRING))
    ),
    role=STRING,
    shard=Pointer(Map(ANY)),
    state=STRING,
)  # fmt: skip
SERVICE = Struct(
    backups=List(Struct(backup_name=STRING, backup_time=TIME, data_size=INT)),
    cloud_description=Pointer(STRING),
    cloud_name=STRING,
    components=List(COMPONENT),
    connection_info=Pointer(CONNECTION_INFO),
    create_time=TIME,
    databases=List(STRING),
    disk_space_mb=Pointer(INT),
    features=Map(ANY),
    group_list=List(STRING),
    maintenance=Pointer(MAINTENANCE),
    metadata=Map(ANY),
    node_count=Pointer(INT),
    node_cpu_count=Pointer(INT),
    node_memory_mb=Pointer(FLOAT),
    node_states=List(NODE_STATE),
    plan=STRING,
    project_vpc_id=STRING,
    service_integrations=List(
        Struct(dest_service=Pointer(STRING), integration_type=STRING, source_service=STRING)
    ),
    service_name=STRING,
    service_notifications=List(
        Struct(level=STRING, message=STRING, metadata=Map(ANY), type=STRING)
    ),
    service_type=STRING,
    service_type_description=Pointer(STRING),
    service_uri=STRING,
    service_uri_params=Map(STRING),
    state=STRING,
    tags=Map(STRING),
    tech_emails=List(Struct(email=STRING)),
    termination_protection=BOOL,
    update_time=TIME,
    user_config=Map(ANY),
    users=List(USER),
)
SERVICE_ANSWER = Struct(service=SERVICE)
# Answers to creations and updates are decoded less strictly.
SERVICE_ANSWER_LOOSE = Struct(
    service=SERVICE.with_members(connection_info=Map(ANY), service_uri_params=Map(ANY))
)
SERVICES_ANSWER = Struct(services=List(SERVICE))
# The same service in the handwritten client, where these are no pointers.
HANDWRITTEN_SERVICE = HANDWRITTEN.with_members(
    service=SERVICE.with_members(
        connection_info=CONNECTION_INFO, disk_space_mb=INT, maintenance=MAINTENANCE, node_count=INT
    )
)
TAGS = Struct(tags=Map(STRING))
USER_ANSWER = Struct(user=USER)
USERS_ANSWER = Struct(users=List(USER))

# === The catalogue ===

SERVICE_PLAN = Struct(
    disk_space_mb=Pointer(INT), node_count=Pointer(INT), regions=Map(ANY),
    service_plan=STRING, service_type=STRING,
)  # fmt: skip
SERVICE_TYPE = Struct(
    default_version=Pointer(STRING),
    description=STRING,
    latest_available_version=Pointer(STRING),
    service_plans=List(SERVICE_PLAN),
    user_config_schema=Map(ANY),
)
SERVICE_TYPES = Struct(service_types=Map(SERVICE_TYPE))
PLANS = Struct(service_plans=List(SERVICE_PLAN))
PLAN_DETAILS = Struct(
    backup_config=Struct(interval=INT, max_count=INT, recovery_mode=STRING),
    disk_space_cap_mb=Pointer(INT),
    disk_space_mb=Pointer(INT),
    disk_space_step_mb=Pointer(INT),
    node_count=Pointer(INT),
    service_plan=STRING,
    service_type=STRING,
)
VERSIONS = Struct(
    service_versions=List(
        Struct(
            aiven_end_of_life_time=Pointer(TIME),
            major_version=Pointer(STRING),
            service_type=STRING,
            state=STRING,
        )
    )
)
