/* sql/schemas.h: the schemas behind columns, as the analyzer asks for them. sql/ knows neither formats nor
 * registries: whoever makes a session says how schemas are found and kept. Thread: the session's. */
#pragma once

#include "plan/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A topic's keys or values. */
struct tg_schema_request {
    const char *topic;
    bool is_key;
    const struct tg_plan_format *format; /* schema_id 0: the latest schema of the topic's subject */
    bool if_absent; /* declare: what the subject has already stays; else the schema is added to it */
};

/* Calls may wait for a registry. Errors carry no place: the analyzer adds it. */
struct tg_session_schemas {
    void *context;
    /* The type of a whole key or value: a STRUCT of the columns, unless the schema is no record. Names are as
     * in the schema if it was asked for by id, else in upper case. */
    enum tg_code (*infer)(void *context, const struct tg_schema_request *request, struct tg_arena *arena,
                          const struct tg_type **ret_type, struct tg_error *reterr);
    /* The columns of the topic's keys or values: from now on `infer` knows them. */
    enum tg_code (*declare)(void *context, const struct tg_schema_request *request,
                            const struct tg_schema_column *columns, uint32_t count, struct tg_error *reterr);
};

#ifdef __cplusplus
}
#endif
