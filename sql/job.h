/* sql/job.h: a text of statements becomes a list of checked actions: what `turgo run`, `check` and `explain`
 * work on; a session (sql/session.h) over one text that goes on after errors. Nothing here touches Kafka:
 * what must be known of topics is asked through the lookup. Thread: one. Ownership: a job owns its arena;
 * plans and definitions in it live as long as the job. */
#pragma once

#include "sql/action.h"
#include "sql/schemas.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_job_options {
    const char *name; /* of the text, for diagnostics: "job.sql" */
    const struct tg_properties
        *settings; /* ksql.* defaults and others: ksql.persistence.default.format.value, ...; may be NULL */
    /* Checks the name and value of SET: may be NULL. Errors: CONFIG with "did you mean". */
    enum tg_code (*check_setting)(const char *name, const char *value, struct tg_error *reterr);
    /* Partitions of a topic, 0 if unknown (then checks that need it wait for the start). May be NULL. */
    int32_t (*partition_count)(void *context, const char *topic);
    void *context;
    struct tg_session_schemas schemas; /* functions NULL: no registry is configured */
};

struct tg_job;

/* Parses, types and plans all statements. On failure *ret_job still holds the text for diagnostics
 * (tg_job_diagnose) and must be freed. */
TG_MUST_CHECK enum tg_code tg_job_compile(struct tg_slice text, const struct tg_job_options *options,
                                          struct tg_job **ret_job, struct tg_error *reterr);
void tg_job_free(struct tg_job *job); /* NULL is a no-op */
uint32_t tg_job_action_count(const struct tg_job *job);
const struct tg_action *tg_job_action(const struct tg_job *job, uint32_t index);
/* All errors found (compile goes on after a bad statement as far as that makes sense); at least one after a
 * failure. */
uint32_t tg_job_error_count(const struct tg_job *job);
const struct tg_error *tg_job_error(const struct tg_job *job, uint32_t index);
struct tg_slice tg_job_text(const struct tg_job *job); /* what the errors' places refer to */
/* Appends all errors with their lines and carets; as one JSON object per line if `as_json`. */
struct tg_job_diagnose_options {
    bool as_json;
};
void tg_job_diagnose(const struct tg_job *job, const struct tg_job_diagnose_options *options,
                     struct tg_buffer *out);
/* A stream or table as it stands after the whole job; NULL if there is none of that name. */
const struct tg_source_definition *tg_job_source(const struct tg_job *job, struct tg_slice name);

#ifdef __cplusplus
}
#endif
