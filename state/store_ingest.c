/* Restore at speed: what is pending goes to RocksDB as one sorted table file, past the memtable. */
#include "state/restore_run.h"

enum tg_code tg_store_ingest_pending(struct tg_store *store, struct tg_error *reterr)
{
    struct tg_restore_run run;
    tg_restore_run_init(&run, store);
    for (size_t i = 0; i < store->table.pending.count; i++) {
        const struct tg_entry *entry = store->table.pending.entries[i];
        const struct tg_version_view version = tg_entry_pending(entry);
        if (!version.removed || !tg_entry_has(entry, TG_ENTRY_NOT_IN_DB))
            tg_restore_run_add(&run, store, tg_entry_key(entry), &version);
    }
    tg_restore_run_seal(&run, store, store->changelog_offset);
    run.errand.run(&run.errand);
    enum tg_code code = tg_restore_run_finish(&run, store, reterr);
    tg_restore_run_done(&run);
    if (code == TG_OK)
        tg_table_written(&store->table);
    return code;
}
