/* service/test/assert.h: ASSERT VALUES of test scripts: the next record of a topic against the values given.
 * Only the columns that stand in the statement are compared. Thread: one. */
#pragma once

#include "service/test/records.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many records of each topic have been asserted. */
struct tg_test_cursor {
    char *topic;
    size_t next;
};
struct tg_test_cursors {
    struct tg_test_cursor **cursors;
    size_t count, capacity;
};
struct tg_test_cursor *tg_test_cursor_of(struct tg_test_cursors *cursors, const char *topic);
void tg_test_cursors_done(struct tg_test_cursors *cursors);

/* Takes the next record. Errors: ANALYSIS if there is none or it differs, with both rows; then `detail` shows
 * them field by field. */
TG_MUST_CHECK enum tg_code tg_test_assert_next(struct tg_arena *arena,
                                               const struct tg_insert_values *expected,
                                               const struct tg_test_topic *topic,
                                               struct tg_test_cursor *cursor, struct tg_buffer *detail,
                                               struct tg_error *reterr);
/* Errors: ANALYSIS if there is another record. */
TG_MUST_CHECK enum tg_code tg_test_assert_end(struct tg_arena *arena,
                                              const struct tg_source_definition *source,
                                              const struct tg_test_topic *topic,
                                              const struct tg_test_cursor *cursor, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
