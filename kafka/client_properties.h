/* kafka/client_properties.h: the table of client settings. Private to kafka/. Thread: any, everything is
 * constant. */
#pragma once

#include "kafka/kafka.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which handles take a setting; a bit set. */
enum { TG_ROLE_ADMIN = 1, TG_ROLE_CONSUMER = 2, TG_ROLE_PRODUCER = 4, TG_ROLE_ANY = 7 };

enum tg_client_rule {
    TG_CLIENT_PASS,      /* the value goes to librdkafka as it is */
    TG_CLIENT_LOWER,     /* ... in lower case: Java writes SASL_SSL */
    TG_CLIENT_KILOBYTES, /* Java counts bytes, librdkafka kilobytes */
    TG_CLIENT_NO_EFFECT, /* accepted, so that a Java file can be used as it is: Turgo decides it, or it is
                            about Java */
    TG_CLIENT_JAAS,      /* one Java text with user, password, client id ... */
    TG_CLIENT_STORE,     /* Java key and trust stores, translated together */
};

struct tg_client_property {
    const char *name;
    const char *native; /* librdkafka's name; NULL: the same */
    uint8_t roles;
    uint8_t rule; /* enum tg_client_rule */
    bool secret;  /* the value never appears in a message */
};

/* Row of a setting without prefix; NULL if unknown. */
const struct tg_client_property *tg_client_property_find(const char *name);
/* Skips "consumer.", "producer." or "admin." if what follows is a setting; *ret_roles: the handles it is
 * meant for. */
const char *tg_client_property_unprefixed(const char *name, uint8_t *ret_roles);
/* Is `value` something librdkafka takes for its setting `native`? Errors: CONFIG; `origin` may be NULL. */
TG_MUST_CHECK enum tg_code tg_client_property_check(const struct tg_client_property *property,
                                                    const char *native, const char *value, const char *origin,
                                                    struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
