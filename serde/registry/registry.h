/* serde/registry/registry.h: a client of a Confluent-compatible Schema Registry, or a stand-in in memory with
 * the same face. What was learnt is kept as long as there is room: schemas by id, ids of what was registered;
 * the latest version of a subject is asked for anew. Thread: any. Ownership: answers are copied into
 * the caller's arena. Functions that may wait for the network say so; the record path uses tg_registry_ask
 * and tg_registry_cached only. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/properties.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_registry;

enum tg_registry_type { TG_REGISTRY_AVRO, TG_REGISTRY_JSON, TG_REGISTRY_PROTOBUF };
const char *tg_registry_type_name(enum tg_registry_type type); /* "AVRO" */

/* What another schema is needed for: its name in the text (an Avro full name, an import, a $ref) and where it
 * is. */
struct tg_registry_reference {
    const char *name;
    const char *subject;
    int32_t version;
};

struct tg_registry_schema {
    int32_t id;      /* 0: of no registry; below 0: see tg_registry_guid */
    int32_t version; /* of the subject that was asked for; 0: asked for by id */
    enum tg_registry_type type;
    struct tg_slice text;
    uint32_t reference_count;
    const struct tg_registry_reference *references;
    const struct tg_registry_schema *const *referenced; /* of `references`, theirs too; NULL in requests */
};

/* "<topic>-key" or "<topic>-value": the subject of a topic's schemas (TopicNameStrategy). */
const char *tg_registry_subject(struct tg_arena *arena, const char *topic, bool is_key);

/* ---- opening ---- */

/* Empty; ids count from 1; the same schema under two subjects has one id. Nothing waits. */
struct tg_registry *tg_registry_open_memory(void);
/* By settings as Java's clients name them (schema.registry.url, basic.auth.*, bearer.auth.*,
 * schema.registry.ssl.*: README.md), each also behind "ksql.". Asks nothing yet. *ret_registry is NULL if no
 * URL is set. Errors: CONFIG. */
TG_MUST_CHECK enum tg_code tg_registry_open(const struct tg_properties *settings,
                                            struct tg_registry **ret_registry, struct tg_error *reterr);
void tg_registry_close(struct tg_registry *registry); /* NULL is a no-op; ends requests that are under way */
const char *tg_registry_address(const struct tg_registry *registry); /* the URLs, or "memory": for messages */

/* ---- may wait: when statements are made and queries start ----
 * Errors of all: SCHEMA_UNKNOWN; SCHEMA_REFUSED with the registry's own words; REGISTRY_UNREACHABLE
 * (retriable) after all URLs and retries within the time limit; REGISTRY for other answers. */

TG_MUST_CHECK enum tg_code tg_registry_get(struct tg_registry *registry, int32_t id, struct tg_arena *arena,
                                           const struct tg_registry_schema **ret_schema,
                                           struct tg_error *reterr);
/* version 0: the latest one. */
TG_MUST_CHECK enum tg_code tg_registry_get_version(struct tg_registry *registry, const char *subject,
                                                   int32_t version, struct tg_arena *arena,
                                                   const struct tg_registry_schema **ret_schema,
                                                   struct tg_error *reterr);
/* Registers type, text and references under the subject, or finds that they are there. *ret_id is its id;
 * asked once, then kept. Errors: SCHEMA_REFUSED, e.g. if it is not compatible with the version before. */
TG_MUST_CHECK enum tg_code tg_registry_register(struct tg_registry *registry, const char *subject,
                                                const struct tg_registry_schema *schema, int32_t *ret_id,
                                                struct tg_error *reterr);
/* The id of a schema that is under the subject already. */
TG_MUST_CHECK enum tg_code tg_registry_look_up(struct tg_registry *registry, const char *subject,
                                               const struct tg_registry_schema *schema, int32_t *ret_id,
                                               struct tg_error *reterr);
/* Would the subject take the schema? *ret_compatible is true for a subject that does not exist. */
TG_MUST_CHECK enum tg_code tg_registry_check(struct tg_registry *registry, const char *subject,
                                             const struct tg_registry_schema *schema, bool *ret_compatible,
                                             struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_registry_subjects(struct tg_registry *registry, struct tg_arena *arena,
                                                const char *const **ret_subjects, uint32_t *ret_count,
                                                struct tg_error *reterr);
/* Puts a schema in with the id that it has (schema->id); the stand-in only. Its references must be there.
 * Errors: USAGE if the id belongs to another schema, or for a registry that is not in memory. */
TG_MUST_CHECK enum tg_code tg_registry_import(struct tg_registry *registry, const char *subject,
                                              const struct tg_registry_schema *schema,
                                              struct tg_error *reterr);

/* ---- never wait: the record path ---- */

enum tg_registry_state {
    TG_REGISTRY_KNOWN,  /* tg_registry_cached gives it */
    TG_REGISTRY_ABSENT, /* the registry said that it has none: an error of the record */
    TG_REGISTRY_ASKED,  /* not known yet; a thread of the registry's own asks, again and again if need be */
};
enum tg_registry_state tg_registry_ask(struct tg_registry *registry, int32_t id);
/* Errors: SCHEMA_UNKNOWN for what is not KNOWN. */
TG_MUST_CHECK enum tg_code tg_registry_cached(struct tg_registry *registry, int32_t id,
                                              struct tg_arena *arena,
                                              const struct tg_registry_schema **ret_schema,
                                              struct tg_error *reterr);
/* A number below 0 that stands for a schema's GUID (16 bytes) in the functions above, in this process. 0: too
 * many of them (a bound against hostile records). */
int32_t tg_registry_guid(struct tg_registry *registry, const uint8_t guid[16]);
/* Why what was asked for is not known yet: the last failure, or an empty text. */
void tg_registry_trouble(struct tg_registry *registry, struct tg_buffer *out);

#ifdef __cplusplus
}
#endif
