/* serde/registry/source.h: what a kind of registry must do; registry.c keeps what it answers. Private to
 * serde/registry/. Thread: any, at the same time. Answers are in the caller's arena, without `referenced`. */
#pragma once

#include "serde/registry/schema.h"

#ifndef __cplusplus
#include <stdatomic.h>
#else
#include <atomic>
using std::atomic_bool;
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct tg_registry_source;

struct tg_registry_key {
    int32_t id;          /* above 0, or 0 and a guid */
    const uint8_t *guid; /* 16 bytes, or NULL */
};

/* Errors as in registry.h. */
struct tg_registry_source_kind {
    bool waits; /* for a network: the record path goes through the thread of registry.c */
    enum tg_code (*get)(struct tg_registry_source *self, const struct tg_registry_key *key,
                        struct tg_arena *arena, struct tg_registry_schema *ret_schema,
                        struct tg_error *reterr);
    /* version 0: the latest one; sets ret_schema->version. */
    enum tg_code (*get_version)(struct tg_registry_source *self, const char *subject, int32_t version,
                                struct tg_arena *arena, struct tg_registry_schema *ret_schema,
                                struct tg_error *reterr);
    enum tg_code (*enter)(struct tg_registry_source *self, const char *subject,
                          const struct tg_registry_schema *schema, int32_t *ret_id, struct tg_error *reterr);
    enum tg_code (*look_up)(struct tg_registry_source *self, const char *subject,
                            const struct tg_registry_schema *schema, int32_t *ret_id,
                            struct tg_error *reterr);
    enum tg_code (*check)(struct tg_registry_source *self, const char *subject,
                          const struct tg_registry_schema *schema, bool *ret_compatible,
                          struct tg_error *reterr);
    enum tg_code (*subjects)(struct tg_registry_source *self, struct tg_arena *arena,
                             const char *const **ret_subjects, uint32_t *ret_count, struct tg_error *reterr);
    enum tg_code (*bring_in)(struct tg_registry_source *self, const char *subject,
                             const struct tg_registry_schema *schema, struct tg_error *reterr);
    void (*close)(struct tg_registry_source *self);
};

struct tg_registry_source {
    const struct tg_registry_source_kind *kind;
    const char *address;
    atomic_bool *stop; /* of the registry: requests under way end soon when it becomes true */
};

struct tg_registry *tg_registry_of_source(struct tg_registry_source *source); /* takes it over */

#ifdef __cplusplus
}
#endif
