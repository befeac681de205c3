/* kafka/client_properties.c: the client settings of Java and librdkafka, one row each. */
#include "kafka/client_properties.h"

#include "base/text.h"

#include <librdkafka/rdkafka.h>

#define CONSUMER TG_ROLE_CONSUMER
#define PRODUCER TG_ROLE_PRODUCER
#define ANY TG_ROLE_ANY

/* Names of librdkafka 2.15's CONFIGURATION.md and of Java's client configuration; callbacks, plug-ins and
 * statistics are left out: they make no sense in a file. */
static const struct tg_client_property properties[] = {
    /* connection */
    {"bootstrap.servers", NULL, ANY, TG_CLIENT_PASS, false},
    {"metadata.broker.list", "bootstrap.servers", ANY, TG_CLIENT_PASS, false},
    {"client.id", NULL, ANY, TG_CLIENT_PASS, false},
    {"client.rack", NULL, ANY, TG_CLIENT_PASS, false},
    {"client.dns.lookup", NULL, ANY, TG_CLIENT_PASS, false},
    {"message.max.bytes", NULL, ANY, TG_CLIENT_PASS, false},
    {"max.request.size", "message.max.bytes", ANY, TG_CLIENT_PASS, false},
    {"message.copy.max.bytes", NULL, ANY, TG_CLIENT_PASS, false},
    {"receive.message.max.bytes", NULL, ANY, TG_CLIENT_PASS, false},
    {"max.in.flight.requests.per.connection", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"max.in.flight", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"metadata.recovery.strategy", NULL, ANY, TG_CLIENT_PASS, false},
    {"metadata.recovery.rebootstrap.trigger.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"topic.metadata.refresh.interval.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"metadata.max.age.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"topic.metadata.refresh.fast.interval.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"topic.metadata.refresh.sparse", NULL, ANY, TG_CLIENT_PASS, false},
    {"topic.metadata.propagation.max.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"topic.blacklist", NULL, ANY, TG_CLIENT_PASS, false},
    {"debug", NULL, ANY, TG_CLIENT_PASS, false},
    {"log_level", NULL, ANY, TG_CLIENT_PASS, false},
    {"socket.timeout.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"socket.send.buffer.bytes", NULL, ANY, TG_CLIENT_PASS, false},
    {"socket.receive.buffer.bytes", NULL, ANY, TG_CLIENT_PASS, false},
    {"send.buffer.bytes", "socket.send.buffer.bytes", ANY, TG_CLIENT_PASS, false},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes", ANY, TG_CLIENT_PASS, false},
    {"socket.keepalive.enable", NULL, ANY, TG_CLIENT_PASS, false},
    {"socket.nagle.disable", NULL, ANY, TG_CLIENT_PASS, false},
    {"socket.max.fails", NULL, ANY, TG_CLIENT_PASS, false},
    {"broker.address.ttl", NULL, ANY, TG_CLIENT_PASS, false},
    {"broker.address.family", NULL, ANY, TG_CLIENT_PASS, false},
    {"socket.connection.setup.timeout.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"socket.connection.setup.timeout.max.ms", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"connections.max.idle.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"reconnect.backoff.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"reconnect.backoff.max.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"retry.backoff.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"retry.backoff.max.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"api.version.request", NULL, ANY, TG_CLIENT_PASS, false},
    {"api.version.request.timeout.ms", NULL, ANY, TG_CLIENT_PASS, false},
    {"enable.metrics.push", NULL, ANY, TG_CLIENT_PASS, false},
    {"default.api.timeout.ms", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"allow.auto.create.topics", NULL, ANY, TG_CLIENT_NO_EFFECT, false},

    /* security */
    {"security.protocol", NULL, ANY, TG_CLIENT_LOWER, false},
    {"security.providers", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.cipher.suites", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.curves.list", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.sigalgs.list", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.protocol", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.enabled.protocols", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.provider", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.keymanager.algorithm", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.trustmanager.algorithm", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.secure.random.implementation", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.engine.factory.class", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"ssl.key.location", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.key.password", NULL, ANY, TG_CLIENT_PASS, true},
    {"ssl.key.pem", NULL, ANY, TG_CLIENT_PASS, true},
    {"ssl.certificate.location", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.certificate.pem", NULL, ANY, TG_CLIENT_PASS, true},
    {"ssl.ca.location", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.ca.pem", NULL, ANY, TG_CLIENT_PASS, true},
    {"ssl.crl.location", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.keystore.location", NULL, ANY, TG_CLIENT_STORE, false},
    {"ssl.keystore.password", NULL, ANY, TG_CLIENT_STORE, true},
    {"ssl.keystore.type", NULL, ANY, TG_CLIENT_STORE, false},
    {"ssl.keystore.key", "ssl.key.pem", ANY, TG_CLIENT_PASS, true},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem", ANY, TG_CLIENT_PASS, true},
    {"ssl.truststore.location", NULL, ANY, TG_CLIENT_STORE, false},
    {"ssl.truststore.password", NULL, ANY, TG_CLIENT_STORE, true},
    {"ssl.truststore.type", NULL, ANY, TG_CLIENT_STORE, false},
    {"ssl.truststore.certificates", "ssl.ca.pem", ANY, TG_CLIENT_PASS, true},
    {"https.ca.location", NULL, ANY, TG_CLIENT_PASS, false},
    {"https.ca.pem", NULL, ANY, TG_CLIENT_PASS, true},
    {"ssl.providers", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.engine.location", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.engine.id", NULL, ANY, TG_CLIENT_PASS, false},
    {"enable.ssl.certificate.verification", NULL, ANY, TG_CLIENT_PASS, false},
    {"ssl.endpoint.identification.algorithm", NULL, ANY, TG_CLIENT_LOWER, false},
    {"sasl.mechanism", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.mechanisms", "sasl.mechanism", ANY, TG_CLIENT_PASS, false},
    {"sasl.username", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.password", NULL, ANY, TG_CLIENT_PASS, true},
    {"sasl.jaas.config", NULL, ANY, TG_CLIENT_JAAS, true},
    {"sasl.kerberos.service.name", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.kerberos.principal", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.kerberos.kinit.cmd", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.kerberos.keytab", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.kerberos.min.time.before.relogin", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.kerberos.ticket.renew.jitter", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.kerberos.ticket.renew.window.factor", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.login.class", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.login.callback.handler.class", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.client.callback.handler.class", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.login.refresh.buffer.seconds", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.login.refresh.min.period.seconds", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.login.refresh.window.factor", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.login.refresh.window.jitter", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"sasl.oauthbearer.config", NULL, ANY, TG_CLIENT_PASS, true},
    {"enable.sasl.oauthbearer.unsecure.jwt", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.method", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.client.id", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.client.secret", NULL, ANY, TG_CLIENT_PASS, true},
    {"sasl.oauthbearer.client.credentials.client.id", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.client.credentials.client.secret", NULL, ANY, TG_CLIENT_PASS, true},
    {"sasl.oauthbearer.scope", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.extensions", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.token.endpoint.url", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.sub.claim.name", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.grant.type", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.algorithm", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.private.key.file", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.private.key.passphrase", NULL, ANY, TG_CLIENT_PASS, true},
    {"sasl.oauthbearer.assertion.private.key.pem", NULL, ANY, TG_CLIENT_PASS, true},
    {"sasl.oauthbearer.assertion.file", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.claim.aud", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.claim.exp.seconds", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.claim.iss", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.claim.jti.include", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.claim.nbf.seconds", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.claim.sub", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.assertion.jwt.template.file", NULL, ANY, TG_CLIENT_PASS, false},
    {"sasl.oauthbearer.metadata.authentication.type", NULL, ANY, TG_CLIENT_PASS, false},

    /* consumer */
    {"session.timeout.ms", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"heartbeat.interval.ms", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"coordinator.query.interval.ms", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"max.poll.interval.ms", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"queued.min.messages", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"queued.max.messages.kbytes", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"fetch.wait.max.ms", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"fetch.max.wait.ms", "fetch.wait.max.ms", CONSUMER, TG_CLIENT_PASS, false},
    {"fetch.queue.backoff.ms", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"fetch.message.max.bytes", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"max.partition.fetch.bytes", "fetch.message.max.bytes", CONSUMER, TG_CLIENT_PASS, false},
    {"fetch.max.bytes", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"fetch.min.bytes", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"fetch.error.backoff.ms", NULL, CONSUMER, TG_CLIENT_PASS, false},
    {"check.crcs", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"group.id", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"group.instance.id", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"group.protocol", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"group.protocol.type", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"group.remote.assignor", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"partition.assignment.strategy", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"auto.offset.reset", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"isolation.level", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"enable.auto.commit", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"auto.commit.interval.ms", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"enable.auto.offset.store", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"enable.partition.eof", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"max.poll.records", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"exclude.internal.topics", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"key.deserializer", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},
    {"value.deserializer", NULL, CONSUMER, TG_CLIENT_NO_EFFECT, false},

    /* producer */
    {"queue.buffering.max.messages", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"queue.buffering.max.kbytes", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"buffer.memory", "queue.buffering.max.kbytes", PRODUCER, TG_CLIENT_KILOBYTES, false},
    {"linger.ms", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"queue.buffering.max.ms", "linger.ms", PRODUCER, TG_CLIENT_PASS, false},
    {"retries", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"message.send.max.retries", "retries", PRODUCER, TG_CLIENT_PASS, false},
    {"queue.buffering.backpressure.threshold", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"compression.type", NULL, PRODUCER, TG_CLIENT_LOWER, false},
    {"compression.codec", "compression.type", PRODUCER, TG_CLIENT_LOWER, false},
    {"compression.level", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"batch.num.messages", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"batch.size", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"request.timeout.ms", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"delivery.timeout.ms", "message.timeout.ms", PRODUCER, TG_CLIENT_PASS, false},
    {"message.timeout.ms", NULL, PRODUCER, TG_CLIENT_PASS, false},
    {"sticky.partitioning.linger.ms", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"max.block.ms", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"acks", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"request.required.acks", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"enable.idempotence", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"enable.gapless.guarantee", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"transactional.id", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"transaction.timeout.ms", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"partitioner", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"partitioner.class", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"partitioner.ignore.keys", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"partitioner.adaptive.partitioning.enable", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"key.serializer", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},
    {"value.serializer", NULL, PRODUCER, TG_CLIENT_NO_EFFECT, false},

    /* Java's observability */
    {"interceptor.classes", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"metric.reporters", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"metrics.num.samples", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"metrics.recording.level", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"metrics.sample.window.ms", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
    {"auto.include.jmx.reporter", NULL, ANY, TG_CLIENT_NO_EFFECT, false},
};

#undef CONSUMER
#undef PRODUCER
#undef ANY

static const size_t property_count = sizeof properties / sizeof properties[0];

const struct tg_client_property *tg_client_property_find(const char *name)
{
    for (size_t i = 0; i < property_count; i++)
        if (strcmp(properties[i].name, name) == 0)
            return &properties[i];
    return NULL;
}

const char *tg_client_property_unprefixed(const char *name, uint8_t *ret_roles)
{
    static const struct {
        const char *text;
        uint8_t roles;
    } prefixes[] = {
        {"consumer.", TG_ROLE_CONSUMER}, {"producer.", TG_ROLE_PRODUCER}, {"admin.", TG_ROLE_ADMIN}};

    *ret_roles = TG_ROLE_ANY;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i].text);
        if (strncmp(name, prefixes[i].text, length) == 0 && tg_client_property_find(name + length) != NULL) {
            *ret_roles = prefixes[i].roles;
            return name + length;
        }
    }
    return name;
}

bool tg_client_property_known(const char *name)
{
    uint8_t roles;
    return tg_client_property_find(tg_client_property_unprefixed(name, &roles)) != NULL;
}

const char *tg_client_property_at(size_t index)
{
    return index < property_count ? properties[index].name : NULL;
}

enum tg_code tg_client_property_check(const struct tg_client_property *property, const char *native,
                                      const char *value, const char *origin, struct tg_error *reterr)
{
    char reason[256] = "";
    rd_kafka_conf_t *scratch = rd_kafka_conf_new();
    rd_kafka_conf_res_t result = rd_kafka_conf_set(scratch, native, value, reason, sizeof reason);
    rd_kafka_conf_destroy(scratch);
    if (result == RD_KAFKA_CONF_OK)
        return TG_OK;
    if (property->secret &&
        strstr(reason, "not supported in this build") == NULL) /* it may quote the value */
        return tg_fail(reterr, TG_CODE_CONFIG, "client setting '%s'%s%s has a value that does not fit",
                       property->name, origin == NULL ? "" : " from ", origin == NULL ? "" : origin);
    return tg_fail(reterr, TG_CODE_CONFIG, "client setting '%s'%s%s cannot be '%s': %s", property->name,
                   origin == NULL ? "" : " from ", origin == NULL ? "" : origin,
                   property->secret ? "(hidden)" : value, reason);
}
