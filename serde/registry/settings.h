/* serde/registry/settings.h: how a registry is reached, from settings as Java's clients name them. Private to
 * serde/registry/. Ownership: arena. */
#pragma once

#include "base/arena.h"
#include "base/properties.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TG_REGISTRY_URLS_MAX = 16 };

struct tg_registry_settings {
    const char *urls[TG_REGISTRY_URLS_MAX];                           /* without a slash at the end */
    uint32_t url_count;                                               /* 0: no registry is configured */
    const char *list;                                                 /* for messages, without passwords */
    const char *user, *password;                                      /* basic authentication; NULL: none */
    const char *token;                                                /* bearer; NULL: none */
    const char *ca_file, *certificate_file, *key_file, *key_password; /* PEM; NULL: the system's, none */
    bool checks_host; /* the certificate's name must be the host's */
    bool auto_register;
    bool use_latest;
    bool normalize;
    int request_ms; /* of one request */
    int total_ms;   /* of a call with its retries */
};

/* Errors: CONFIG. */
TG_MUST_CHECK enum tg_code tg_registry_settings_read(struct tg_arena *arena,
                                                     const struct tg_properties *properties,
                                                     struct tg_registry_settings *ret_settings,
                                                     struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
