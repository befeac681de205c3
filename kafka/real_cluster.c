/* kafka/real_cluster.c: the real twin's cluster: client settings, the shared admin handle, reachability. */
#include "kafka/real.h"

#include "base/log.h"
#include "base/memory.h"

const char *tg_kafka_library_version(void)
{
    return rd_kafka_version_str();
}

/* ---- what librdkafka says ---- */

void real_trouble_init(struct real_trouble *trouble)
{
    pthread_mutex_init(&trouble->mutex, NULL);
    trouble->text[0] = '\0';
}

void real_trouble_done(struct real_trouble *trouble)
{
    pthread_mutex_destroy(&trouble->mutex);
}

void real_trouble_set(struct real_trouble *trouble, int error, const char *text)
{
    pthread_mutex_lock(&trouble->mutex);
    /* "all brokers are down" follows the reason, and says less */
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || trouble->text[0] == '\0')
        snprintf(trouble->text, sizeof trouble->text, "%s", text);
    pthread_mutex_unlock(&trouble->mutex);
}

void real_trouble_get(struct real_trouble *trouble, char *text, size_t size)
{
    pthread_mutex_lock(&trouble->mutex);
    snprintf(text, size, "%s", trouble->text);
    pthread_mutex_unlock(&trouble->mutex);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)level; /* ours is always debug: what matters comes back from a call */
    if (!tg_log_enabled(TG_LOG_DEBUG))
        return;
    tg_log_write(TG_LOG_DEBUG, "librdkafka",
                 TG_LOG_FIELDS(TG_LOG_TEXT("client", client == NULL ? "" : rd_kafka_name(client)),
                               TG_LOG_TEXT("facility", facility), TG_LOG_TEXT("text", text)));
}

static void on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
    (void)client;
    real_trouble_set(opaque, error, reason);
}

/* ---- settings ---- */

static enum tg_code set(rd_kafka_conf_t *conf, const char *name, const char *value, struct tg_error *reterr)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK)
        return TG_OK;
    const struct tg_client_property *row = tg_client_property_find(name);
    return tg_fail(reterr, TG_CODE_CONFIG, "client setting '%s': %s", name,
                   row != NULL && row->secret ? "the value does not fit" : reason);
}

static enum tg_code set_list(rd_kafka_conf_t *conf, const struct real_setting *settings,
                             struct tg_error *reterr)
{
    for (; settings != NULL && settings->name != NULL; settings++)
        if (settings->value != NULL)
            TG_TRY(set(conf, settings->name, settings->value, reterr));
    return TG_OK;
}

/* Settings with a prefix ("consumer.fetch.min.bytes") beat those without: two passes. */
static enum tg_code set_properties(rd_kafka_conf_t *conf, const struct tg_properties *properties,
                                   uint8_t role, struct tg_error *reterr)
{
    for (int pass = 0; properties != NULL && pass < 2; pass++) {
        for (size_t i = 0; i < tg_properties_count(properties); i++) {
            const char *name = tg_properties_key(properties, i);
            uint8_t roles;
            const char *plain = tg_client_property_unprefixed(name, &roles);
            const struct tg_client_property *row = tg_client_property_find(plain);
            if ((plain != name) != (pass == 1) || (roles & role) == 0 ||
                (row != NULL && (row->roles & role) == 0))
                continue;
            TG_TRY(set(conf, plain, tg_properties_value(properties, i), reterr));
        }
    }
    return TG_OK;
}

static enum tg_code fill(rd_kafka_conf_t *conf, const struct real_cluster *cluster,
                         const struct real_conf_request *request, struct tg_error *reterr)
{
    TG_TRY(set(conf, "client.id", "turgo", reterr));
    /* an address of a group that does not answer is tried again soon: a restart of the broker is seen within
     * a second */
    TG_TRY(set(conf, "reconnect.backoff.max.ms", "1000", reterr));
    TG_TRY(set(conf, "socket.keepalive.enable", "true", reterr));
    TG_TRY(set(conf, "enable.metrics.push", "false", reterr));
    TG_TRY(set(conf, "log.connection.close", "false", reterr));
    TG_TRY(set_list(conf, request->defaults, reterr));
    TG_TRY(set_properties(conf, cluster->client, request->role, reterr));
    TG_TRY(set_properties(conf, request->overrides, request->role, reterr));
    if (request->client_id != NULL)
        TG_TRY(set(conf, "client.id", request->client_id, reterr));
    TG_TRY(set_list(conf, request->forced, reterr));
    rd_kafka_conf_set_log_cb(conf, on_log);
    return TG_OK;
}

enum tg_code real_conf_new(const struct real_cluster *cluster, const struct real_conf_request *request,
                           rd_kafka_conf_t **ret_conf, struct tg_error *reterr)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum tg_code code = fill(conf, cluster, request, reterr);
    if (code != TG_OK) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    *ret_conf = conf;
    return TG_OK;
}

/* ---- the cluster ---- */

enum tg_code real_cluster_admin(struct real_cluster *cluster, rd_kafka_t **ret_admin, struct tg_error *reterr)
{
    enum tg_code code = TG_OK;
    pthread_mutex_lock(&cluster->mutex);
    if (cluster->admin == NULL) {
        rd_kafka_conf_t *conf = NULL;
        char reason[256];
        static const struct real_setting defaults[] = {{"socket.timeout.ms", "10000"}, {NULL, NULL}};
        struct real_conf_request request = {.role = TG_ROLE_ADMIN, .defaults = defaults};
        code = real_conf_new(cluster, &request, &conf, reterr);
        if (code == TG_OK) {
            rd_kafka_conf_set_opaque(conf, &cluster->trouble);
            rd_kafka_conf_set_error_cb(conf, on_error);
            cluster->admin = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
            if (cluster->admin == NULL) {
                rd_kafka_conf_destroy(conf);
                code = tg_fail(reterr, TG_CODE_CONFIG, "the client settings do not fit together: %s", reason);
            }
        }
    }
    *ret_admin = cluster->admin;
    pthread_mutex_unlock(&cluster->mutex);
    return code;
}

static enum tg_code probe(struct tg_cluster *base, int timeout_ms, struct tg_error *reterr)
{
    struct real_cluster *cluster = (struct real_cluster *)base;
    rd_kafka_t *admin;
    const struct rd_kafka_metadata *metadata = NULL;
    TG_TRY(real_cluster_admin(cluster, &admin, reterr));
    rd_kafka_resp_err_t error = rd_kafka_metadata(admin, 0, NULL, &metadata, timeout_ms);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
        return TG_OK;
    }
    char reason[256];
    rd_kafka_poll(admin, 0); /* delivers the reasons to on_error */
    real_trouble_get(&cluster->trouble, reason, sizeof reason);
    (void)real_fail(reterr, error, reason, "reach a broker");
    const char *servers = tg_properties_get(cluster->client, "bootstrap.servers");
    (void)tg_fail_hint(reterr, "bootstrap.servers is %s", servers);
    if (reterr != NULL)
        reterr->code = TG_CODE_KAFKA_UNREACHABLE; /* whatever way it showed */
    return TG_CODE_KAFKA_UNREACHABLE;
}

static void close_cluster(struct tg_cluster *base)
{
    struct real_cluster *cluster = (struct real_cluster *)base;
    if (cluster->admin != NULL)
        rd_kafka_destroy(cluster->admin);
    tg_properties_free(cluster->client);
    pthread_mutex_destroy(&cluster->mutex);
    real_trouble_done(&cluster->trouble);
    tg_free(cluster);
}

static const struct tg_cluster_kind real_cluster_kind = {
    .is_memory = false,
    .close = close_cluster,
    .probe = probe,
    .create_topic = real_create_topic,
    .delete_topic = real_delete_topic,
    .partition_count = real_partition_count,
    .topic_id = real_topic_id,
    .list_topics = real_list_topics,
    .topic_setting = real_topic_setting,
    .delete_records = real_delete_records,
    .list_offsets = real_list_offsets,
    .group_offsets = real_group_offsets,
    .open_consumer = real_open_consumer,
    .open_producer = real_open_producer,
};

enum tg_code tg_cluster_open_real(const struct tg_properties *client, struct tg_cluster **ret_cluster,
                                  struct tg_error *reterr)
{
    struct tg_properties *translated = tg_properties_new();
    enum tg_code code = tg_client_properties_translate(client, translated, reterr);
    if (code == TG_OK && tg_properties_get(translated, "bootstrap.servers") == NULL) {
        code = tg_fail(reterr, TG_CODE_CONFIG, "bootstrap.servers is not set");
        (void)tg_fail_hint(reterr, "name at least one broker, as in bootstrap.servers=localhost:9092");
    }
    if (code != TG_OK) {
        tg_properties_free(translated);
        return code;
    }
    struct real_cluster *cluster = tg_alloc_zero(1, sizeof *cluster);
    cluster->base.kind = &real_cluster_kind;
    cluster->client = translated;
    pthread_mutex_init(&cluster->mutex, NULL);
    real_trouble_init(&cluster->trouble);
    *ret_cluster = &cluster->base;
    return TG_OK;
}
