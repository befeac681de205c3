/* state/directory.h: the state directory of one process: its lock, format, application and process id, and
 * what was set aside.
 *
 *   LOCK          locked with flock(2) while a process uses the directory; holds its pid
 *   format        format version and application id, written once
 *   process.id    UUID of this member of the application: the same after a restart
 *   facts         see facts.h
 *   db/           the RocksDB database
 *   db/DAMAGED    written when a read finds damage; the next open sets the database aside
 *   db.damaged-N  databases set aside
 *
 * Thread: its owner's; tg_directory_mark_damaged any. Private to state/. */
#pragma once

#include "base/error.h"
#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TG_PROCESS_ID_LENGTH 36

struct tg_directory {
    char *path; /* NULL: in memory */
    char *database_path;
    char *facts_path;
    char *set_aside; /* where a damaged database went, or NULL */
    int lock_descriptor;
    char process_id[TG_PROCESS_ID_LENGTH + 1];
};

/* Makes the directory and its parents if absent, locks it, checks format and application, reads or makes the
 * process id. `path` NULL: only makes a process id. Errors: LOCKED, STATE_MISMATCH, IO. */
TG_MUST_CHECK enum tg_code tg_directory_open(const char *path, const char *application_id,
                                             struct tg_directory *ret_directory, struct tg_error *reterr);
void tg_directory_close(struct tg_directory *directory); /* also after a failed open */

/* True if the database cannot be what this process wrote although RocksDB would open it: a DAMAGED mark, or
 * tables without the CURRENT file (RocksDB would start an empty database and delete them). */
bool tg_directory_is_damaged(const struct tg_directory *directory);
/* Renames db/ to the first free db.damaged-N, where `reason` is kept in the file DAMAGED. */
TG_MUST_CHECK enum tg_code tg_directory_set_aside(struct tg_directory *directory, const char *reason,
                                                  struct tg_error *reterr);
/* The first free path db.<kind>-N beside the database, N from 1. Heap text. Errors: IO when 1,000 are taken.
 */
TG_MUST_CHECK enum tg_code tg_directory_free_name(const struct tg_directory *directory, const char *kind,
                                                  char **ret_path, struct tg_error *reterr);
/* Writes the reason why it was kept into a copy's file REASON. */
TG_MUST_CHECK enum tg_code tg_directory_explain(const char *copy_path, const char *reason,
                                                struct tg_error *reterr);
/* Leaves the mark that makes the next open set the database aside. The first reason stays. */
void tg_directory_mark_damaged(const struct tg_directory *directory, const char *reason);
/* Removes what tg_state_open made, and the directory if nothing else is in it. Keeps what was set aside. */
void tg_directory_remove_content(const struct tg_directory *directory);

/* Replaces a file so that after a crash it is either the old or the new one. */
TG_MUST_CHECK enum tg_code tg_replace_file(const char *path, struct tg_slice content,
                                           struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
