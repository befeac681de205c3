/* sql/session.h: statements one at a time against what the statements before have made: streams, tables,
 * queries, types, variables and settings. What `turgo test` and a server work with; a job (sql/job.h) is a
 * session over one text. Nothing here touches Kafka: a statement becomes an action (sql/action.h), and who
 * executes it tells the session if that failed (tg_session_undo). Thread: its owner's. Ownership: the session
 * owns everything it hands out: definitions, plans and settings live as long as it, other actions and scripts
 * until the next tg_session_parse. */
#pragma once

#include "sql/action.h"
#include "sql/ast.h"
#include "sql/parser.h"
#include "sql/schemas.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_session;

struct tg_session_options {
    const struct tg_properties
        *settings; /* ksql.* defaults and others: ksql.persistence.default.format.value, ...; may be NULL */
    /* Checks the name and value of SET: may be NULL. Errors: CONFIG with "did you mean". */
    enum tg_code (*check_setting)(const char *name, const char *value, struct tg_error *reterr);
    /* Partitions of a topic, 0 if unknown (then checks that need it wait for the start). May be NULL. */
    int32_t (*partition_count)(void *context, const char *topic);
    void *context;
    struct tg_session_schemas schemas; /* functions NULL: no registry is configured */
    bool test_statements;              /* ASSERT VALUES and the like, RUN SCRIPT */
    bool
        remember_failed; /* names whose CREATE failed are known as broken: for texts that are checked whole */
};

struct tg_session *tg_session_new(const struct tg_session_options *options);
void tg_session_free(struct tg_session *session); /* NULL is a no-op */

/* Splits a text into statements; ${name} is replaced, DEFINE and UNDEFINE take effect here. Errors: as
 * tg_parse; the statements before the error are in the script. Ends the life of what the text before made but
 * definitions, plans and settings. */
TG_MUST_CHECK enum tg_code tg_session_parse(struct tg_session *session, struct tg_slice text,
                                            const struct tg_script **ret_script, struct tg_error *reterr);
/* Checks a statement of the last script and takes it as done. A statement that fails changes nothing. Errors
 * have their place in the script's text, with line and column. */
TG_MUST_CHECK enum tg_code tg_session_compile(struct tg_session *session,
                                              const struct tg_statement *statement,
                                              const struct tg_action **ret_action, struct tg_error *reterr);
/* Did the error of the last compile only follow from an earlier one (remember_failed)? */
bool tg_session_error_follows(const struct tg_session *session);
/* Takes the last compiled statement back: its action could not be executed. Once per statement. */
void tg_session_undo(struct tg_session *session);

/* What there is now; NULL or the end of the list otherwise. In the order in which they were made. */
const struct tg_source_definition *tg_session_source(const struct tg_session *session, struct tg_slice name);
const struct tg_source_definition *tg_session_source_at(const struct tg_session *session, uint32_t index);
const struct tg_query_definition *tg_session_query(const struct tg_session *session, struct tg_slice id);
const struct tg_query_definition *tg_session_query_at(const struct tg_session *session, uint32_t index);
const struct tg_properties *tg_session_settings(const struct tg_session *session); /* in force */

#ifdef __cplusplus
}
#endif
