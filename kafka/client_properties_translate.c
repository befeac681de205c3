/* kafka/client_properties_translate.c: a Java client's .properties file, as librdkafka wants it. */
#include "kafka/client_properties.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>

static const char *candidate(const void *context, size_t index)
{
    (void)context; /* the list is the table */
    return tg_client_property_at(index);
}

static enum tg_code fail_unknown(const char *name, const char *origin, struct tg_error *reterr)
{
    (void)tg_fail(reterr, TG_CODE_CONFIG, "client setting '%s'%s%s is not known to Kafka's clients", name,
                  origin == NULL ? "" : " from ", origin == NULL ? "" : origin);
    const char *closest = tg_closest(name, candidate, NULL);
    if (closest != NULL)
        return tg_fail_hint(reterr, "did you mean '%s'?", closest);
    return TG_CODE_CONFIG;
}

/* ---- key and trust stores ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length &&
           tg_slice_equal_nocase(tg_slice_text(text + length - end_length), tg_slice_text(end));
}

enum store_form { STORE_PKCS12, STORE_PEM, STORE_JKS };

/* Java's default type is JKS, yet it reads PKCS12 under that name too: so an unnamed type is told from the
 * file's name. */
static enum store_form form_of(const char *location, const char *type)
{
    if (type != NULL && tg_slice_equal_nocase(tg_slice_text(type), tg_slice_text("PEM")))
        return STORE_PEM;
    if (type != NULL && tg_slice_equal_nocase(tg_slice_text(type), tg_slice_text("PKCS12")))
        return STORE_PKCS12;
    if (type != NULL || ends_with(location, ".jks"))
        return STORE_JKS;
    if (ends_with(location, ".pem") || ends_with(location, ".crt"))
        return STORE_PEM;
    return STORE_PKCS12;
}

static enum tg_code fail_jks(const char *setting, const char *location, struct tg_error *reterr)
{
    (void)tg_fail(reterr, TG_CODE_CONFIG, "%s '%s' is a Java key store, which only Java can read", setting,
                  location);
    return tg_fail_hint(reterr,
                        "convert it once: keytool -importkeystore -srckeystore %s -destkeystore store.p12 "
                        "-deststoretype PKCS12",
                        location);
}

static enum tg_code translate_key_store(const struct tg_properties *given, struct tg_properties *translated,
                                        struct tg_error *reterr)
{
    const char *location = tg_properties_get(given, "ssl.keystore.location");
    const char *password = tg_properties_get(given, "ssl.keystore.password");
    if (location == NULL)
        return TG_OK;
    switch (form_of(location, tg_properties_get(given, "ssl.keystore.type"))) {
    case STORE_JKS:
        return fail_jks("ssl.keystore.location", location, reterr);
    case STORE_PEM: /* one file with key and certificates */
        tg_properties_set(translated, "ssl.certificate.location", location, "client settings");
        tg_properties_set(translated, "ssl.key.location", location, "client settings");
        return TG_OK;
    case STORE_PKCS12:
        break;
    }
    tg_properties_set(translated, "ssl.keystore.location", location, "client settings");
    if (password != NULL)
        tg_properties_set(translated, "ssl.keystore.password", password, "client settings");
    return TG_OK;
}

static enum tg_code translate_trust_store(const struct tg_properties *given, struct tg_properties *translated,
                                          struct tg_error *reterr)
{
    const char *location = tg_properties_get(given, "ssl.truststore.location");
    if (location == NULL)
        return TG_OK;
    switch (form_of(location, tg_properties_get(given, "ssl.truststore.type"))) {
    case STORE_JKS:
        return fail_jks("ssl.truststore.location", location, reterr);
    case STORE_PKCS12: /* librdkafka takes certificate authorities as PEM only */
        (void)tg_fail(reterr, TG_CODE_CONFIG, "ssl.truststore.location '%s' is not a PEM file", location);
        return tg_fail_hint(reterr,
                            "write it as PEM (openssl pkcs12 -in %s -cacerts -nokeys -out ca.pem) and set "
                            "ssl.truststore.type=PEM",
                            location);
    case STORE_PEM:
        break;
    }
    tg_properties_set(translated, "ssl.ca.location", location, "client settings");
    return TG_OK;
}

/* ---- sasl.jaas.config ---- */

/* Next word of a JAAS entry: up to white space, '=' or ';' outside quotes; quotes are taken off. False at the
 * end. */
static bool next_word(const char **text, struct tg_buffer *word)
{
    const char *p = *text;
    tg_buffer_clear(word);
    while (*p != '\0' && (isspace((unsigned char)*p) || *p == '=' || *p == ';'))
        p++;
    if (*p == '\0')
        return false;
    char quote = *p == '"' || *p == '\'' ? *p++ : '\0';
    while (*p != '\0' && *p != quote) {
        if (quote == '\0' && (isspace((unsigned char)*p) || *p == '=' || *p == ';'))
            break;
        if (quote != '\0' && *p == '\\' && p[1] != '\0')
            p++;
        tg_buffer_append_byte(word, (uint8_t)*p++);
    }
    if (quote != '\0' && *p == quote)
        p++;
    *text = p;
    return true;
}

/* An explicit setting of the same meaning stays. */
static enum tg_code set_checked(struct tg_properties *properties, const char *name, const char *value,
                                struct tg_error *reterr)
{
    if (tg_properties_get(properties, name) != NULL)
        return TG_OK;
    TG_TRY(tg_client_property_check(tg_client_property_find(name), name, value, "sasl.jaas.config", reterr));
    tg_properties_set(properties, name, value, "sasl.jaas.config");
    return TG_OK;
}

static const char *jaas_setting(const char *option)
{
    static const char *const options[][2] = {
        {"username", "sasl.username"},
        {"password", "sasl.password"},
        {"clientId", "sasl.oauthbearer.client.id"},
        {"clientSecret", "sasl.oauthbearer.client.secret"},
        {"scope", "sasl.oauthbearer.scope"},
        {"serviceName", "sasl.kerberos.service.name"},
        {"keyTab", "sasl.kerberos.keytab"},
        {"principal", "sasl.kerberos.principal"},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(options[i][0], option) == 0)
            return options[i][1];
    return NULL; /* options of Java's login modules that mean nothing here */
}

static enum tg_code translate_jaas(const char *entry, struct tg_properties *translated,
                                   struct tg_error *reterr)
{
    struct tg_buffer word = {0};
    struct tg_buffer value = {0};
    const char *rest = entry;
    bool found = next_word(&rest, &word) && next_word(&rest, &value); /* login module, "required" */
    bool oauth = found && strstr(tg_buffer_text(&word), "OAuthBearer") != NULL;

    enum tg_code code = TG_OK;
    while (found && code == TG_OK && next_word(&rest, &word) && next_word(&rest, &value)) {
        const char *setting = jaas_setting(tg_buffer_text(&word));
        if (setting != NULL)
            code = set_checked(translated, setting, tg_buffer_text(&value), reterr);
    }
    tg_buffer_done(&word);
    tg_buffer_done(&value);
    if (code != TG_OK)
        return code;
    if (!found) {
        (void)tg_fail(reterr, TG_CODE_CONFIG, "sasl.jaas.config names no login module");
        return tg_fail_hint(reterr, "org.apache.kafka.common.security.plain.PlainLoginModule required "
                                    "username=\"...\" password=\"...\";");
    }
    if (oauth && tg_properties_get(translated, "sasl.oauthbearer.token.endpoint.url") != NULL)
        return set_checked(translated, "sasl.oauthbearer.method", "oidc", reterr);
    return TG_OK;
}

/* ---- one setting ---- */

static enum tg_code translate_value(const struct tg_client_property *property, const char *given,
                                    const char *origin, struct tg_buffer *value, struct tg_error *reterr)
{
    tg_buffer_clear(value);
    tg_buffer_append_text(value, given);
    if (property->rule == TG_CLIENT_LOWER)
        for (size_t i = 0; i < value->length; i++)
            value->data[i] = (uint8_t)tolower(value->data[i]);
    if (property->rule == TG_CLIENT_KILOBYTES) {
        int64_t bytes;
        if (!tg_parse_int64(tg_slice_text(given), 1024, INT64_MAX, &bytes))
            return tg_fail(reterr, TG_CODE_CONFIG,
                           "client setting '%s'%s%s cannot be '%s': bytes, at least 1024", property->name,
                           origin == NULL ? "" : " from ", origin == NULL ? "" : origin, given);
        tg_buffer_clear(value);
        tg_buffer_printf(value, "%lld", (long long)(bytes / 1024));
    }
    /* Java switches the host name check off with an empty value */
    if (value->length == 0 && strcmp(property->name, "ssl.endpoint.identification.algorithm") == 0)
        tg_buffer_append_text(value, "none");
    return TG_OK;
}

static enum tg_code translate_one(const struct tg_properties *given, size_t index,
                                  struct tg_properties *translated, struct tg_error *reterr)
{
    const char *name = tg_properties_key(given, index);
    const char *origin = tg_properties_origin(given, index);
    uint8_t roles;
    const char *plain = tg_client_property_unprefixed(name, &roles);
    const struct tg_client_property *property = tg_client_property_find(plain);
    if (property == NULL)
        return fail_unknown(name, origin, reterr);
    if (property->rule == TG_CLIENT_NO_EFFECT || property->rule == TG_CLIENT_JAAS ||
        property->rule == TG_CLIENT_STORE)
        return TG_OK; /* nothing to do, or done after all others */

    const char *native = property->native == NULL ? property->name : property->native;
    struct tg_buffer value = {0};
    enum tg_code code = translate_value(property, tg_properties_value(given, index), origin, &value, reterr);
    if (code == TG_OK)
        code = tg_client_property_check(property, native, tg_buffer_text(&value), origin, reterr);
    if (code == TG_OK) {
        char *full = tg_format("%.*s%s", (int)(plain - name), name, native);
        tg_properties_set(translated, full, tg_buffer_text(&value), origin);
        tg_free(full);
    }
    tg_buffer_done(&value);
    return code;
}

enum tg_code tg_client_properties_translate(const struct tg_properties *given,
                                            struct tg_properties *ret_translated, struct tg_error *reterr)
{
    for (size_t i = 0; i < tg_properties_count(given); i++)
        TG_TRY(translate_one(given, i, ret_translated, reterr));
    TG_TRY(translate_key_store(given, ret_translated, reterr));
    TG_TRY(translate_trust_store(given, ret_translated, reterr));
    const char *jaas = tg_properties_get(given, "sasl.jaas.config");
    if (jaas != NULL)
        TG_TRY(translate_jaas(jaas, ret_translated, reterr));
    return TG_OK;
}
