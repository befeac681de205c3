#include "base/memory.h"
#include "state/tests/fixture.h"

using Entries = std::map<std::string, std::string>;

class Store : public StateTest
{
};

TEST_F(Store, ReadsBackWhatWasPut)
{
    open(nullptr);
    put("a", "1", 10);
    put("", "empty key");
    put("b", "");
    EXPECT_EQ(get("a"), (Row{"1", 10}));
    EXPECT_EQ(get(""), (Row{"empty key", 1}));
    EXPECT_EQ(get("b"), (Row{"", 1}));
    EXPECT_EQ(get("c"), std::nullopt);
    remove("a");
    EXPECT_EQ(get("a"), std::nullopt);
}

TEST_F(Store, KeepsValuesThatGrowAndShrink)
{
    open(nullptr);
    for (size_t length : {1u, 40u, 5000u, 3u, 100000u, 0u, 70u}) {
        put("key", std::string(length, 'x'));
        EXPECT_EQ(get("key"), (Row{std::string(length, 'x'), 1}));
    }
    commit();
    EXPECT_EQ(get("key"), (Row{std::string(70, 'x'), 1}));
}

TEST_F(Store, CommitsSurviveAReopen)
{
    TemporaryDirectory directory;
    open(directory.path().c_str());
    put("a", "1", 10);
    put("b", "2", 20);
    commit(42, "times");
    remove("a");
    put("c", "3");
    commit(43);
    put("d", "uncommitted");
    close();
    open(directory.path().c_str());
    EXPECT_EQ(tg_store_changelog_offset(store), 43);
    EXPECT_EQ(text(tg_store_progress(store)), "times");
    EXPECT_EQ(scan(), (Rows{{"b", {"2", 20}}, {"c", {"3", 1}}}));
    EXPECT_EQ(get("a"), std::nullopt);
    EXPECT_EQ(get("b"), (Row{"2", 20}));
    EXPECT_EQ(get("d"), std::nullopt);
}

TEST_F(Store, DiscardBringsBackWhatWasCommitted)
{
    open(nullptr);
    put("a", "committed", 5);
    commit(1);
    put("a", "sealed");
    put("b", "sealed");
    tg_store_seal(store);
    put("a", "open");
    put("c", "open");
    remove("b");
    EXPECT_EQ(tg_store_dirty_count(store), 3u);
    tg_store_discard(store);
    EXPECT_EQ(tg_store_dirty_count(store), 0u);
    EXPECT_EQ(tg_store_dirty_bytes(store), 0u);
    EXPECT_EQ(scan(), (Rows{{"a", {"committed", 5}}}));
    EXPECT_EQ(get("a"), (Row{"committed", 5}));
    EXPECT_EQ(get("b"), std::nullopt);
    EXPECT_EQ(tg_store_changelog_offset(store), 1);
}

TEST_F(Store, SealedVersionStaysWhileProcessingGoesOn)
{
    open(nullptr);
    put("changed", "1");
    put("removed", "1");
    put("same", "1");
    tg_store_seal(store);
    put("changed", "2 and longer than before");
    put("changed", "3");
    remove("removed");
    put("fresh", "2");
    EXPECT_EQ(sealed(), (Entries{{"changed", "1"}, {"removed", "1"}, {"same", "1"}}));
    EXPECT_EQ(get("changed"), (Row{"3", 1}));
    EXPECT_EQ(get("removed"), std::nullopt);
    apply(1);
    EXPECT_EQ(tg_store_dirty_count(store), 3u);
    EXPECT_EQ(get("changed"), (Row{"3", 1}));
    tg_store_discard(store);
    EXPECT_EQ(scan(), (Rows{{"changed", {"1", 1}}, {"removed", {"1", 1}}, {"same", {"1", 1}}}));
}

TEST_F(Store, BothGenerationsCommitInTurn)
{
    open(nullptr);
    put("a", "1");
    tg_store_seal(store);
    put("a", "2");
    remove("b");
    apply(1);
    tg_store_seal(store);
    EXPECT_EQ(sealed(), (Entries{{"a", "2"}}));
    remove("a");
    apply(2);
    EXPECT_EQ(get("a"), std::nullopt);
    commit(3);
    EXPECT_EQ(tg_store_dirty_bytes(store), 0u);
    EXPECT_EQ(scan(), Rows{});
    EXPECT_EQ(tg_store_changelog_offset(store), 3);
}

TEST_F(Store, RemovedInTheSealedGenerationAndMadeAgainInTheOpenOne)
{
    open(nullptr);
    put("a", "1");
    commit();
    remove("a");
    tg_store_seal(store);
    struct tg_store_edit edit = {};
    ASSERT_OK(tg_store_edit(store, slice("a"), 2, false, &edit, &error));
    EXPECT_TRUE(edit.created);
    EXPECT_EQ(edit.timestamp_ms, INT64_MIN);
    memcpy(edit.bytes, "22", 2);
    tg_store_edit_done(store, 9);
    EXPECT_EQ(sealed(), (Entries{{"a", "(removed)"}}));
    apply();
    EXPECT_EQ(get("a"), (Row{"22", 9}));
    tg_store_discard(store);
    EXPECT_EQ(get("a"), std::nullopt);
}

TEST_F(Store, WhatWasMadeAndRemovedInOneTransactionNeedsNoTombstone)
{
    open(nullptr);
    put("kept", "1");
    put("gone", "1");
    remove("gone");
    remove("never there");
    tg_store_seal(store);
    EXPECT_EQ(sealed(), (Entries{{"kept", "1"}}));
    apply();
    remove("unknown");
    reopenStore();
    /* Now the table does not have all rows: a blind removal must send a tombstone, unless a read has shown
     * that there is nothing. */
    remove("kept");
    remove("unknown");
    EXPECT_EQ(get("looked up"), std::nullopt);
    remove("looked up");
    tg_store_seal(store);
    EXPECT_EQ(sealed(), (Entries{{"kept", "(removed)"}, {"unknown", "(removed)"}}));
    apply();
    EXPECT_EQ(scan(), Rows{});
    EXPECT_EQ(tg_store_dirty_bytes(store), 0u);
}

TEST_F(Store, EditGivesTheMemoryOfTheValue)
{
    open(nullptr);
    struct tg_store_edit edit = {};
    ASSERT_OK(tg_store_edit(store, slice("n"), 8, false, &edit, &error));
    EXPECT_TRUE(edit.created);
    EXPECT_EQ(edit.length, 8u);
    EXPECT_EQ(std::string((char *)edit.bytes, 8), std::string(8, '\0'));
    memcpy(edit.bytes, "12345678", 8);
    tg_store_edit_done(store, 77);
    commit();
    reopenStore(); /* an empty table: the next edit reads RocksDB */
    ASSERT_OK(tg_store_edit(store, slice("n"), 4, false, &edit, &error));
    EXPECT_FALSE(edit.created);
    EXPECT_EQ(edit.length, 8u) << "the length of the value that is there";
    EXPECT_EQ(edit.timestamp_ms, 77);
    edit.bytes[0] = 'x';
    tg_store_edit_done(store, 78);
    EXPECT_EQ(get("n"), (Row{"x2345678", 78}));
    tg_store_discard(store);
    EXPECT_EQ(get("n"), (Row{"12345678", 77}));
}

TEST_F(Store, DoesNotAskRocksDbWhatItCannotHave)
{
    open(nullptr);
    struct tg_store_edit edit = {};
    ASSERT_OK(tg_store_edit(store, slice("a"), 8, false, &edit, &error));
    EXPECT_EQ(get("b"), std::nullopt);
    commit();
    writeBack();
    EXPECT_EQ(get("b"), std::nullopt);
    EXPECT_EQ(scan().size(), 1u);
    EXPECT_EQ(tg_store_counters(store).misses, 0u) << "the table has all there is";
    reopenStore();
    ASSERT_OK(tg_store_edit(store, slice("new window"), 8, true, &edit, &error));
    EXPECT_EQ(tg_store_counters(store).misses, 0u) << "the caller knows";
    EXPECT_EQ(get("c"), std::nullopt);
    EXPECT_EQ(get("c"), std::nullopt);
    EXPECT_EQ(tg_store_counters(store).misses, 1u) << "that it is absent is remembered";
}

TEST_F(Store, WritesAHotKeyOnce)
{
    TemporaryDirectory directory;
    open(directory.path().c_str());
    for (int i = 0; i < 100; i++) {
        put("hot", std::to_string(i));
        put("gone", std::to_string(i));
        commit(i);
        remove("gone");
        commit(i);
    }
    EXPECT_EQ(tg_store_counters(store).rows_written, 0u);
    close();
    open(directory.path().c_str());
    EXPECT_EQ(scan(), (Rows{{"hot", {"99", 1}}}));
    EXPECT_EQ(tg_store_changelog_offset(store), 99);
}

TEST_F(Store, WritesWhatIsPendingWhenItIsMuch)
{
    open(nullptr, 64 << 10);
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 100; j++)
            put("key" + std::to_string(100 * i + j), std::string(40, 'x'));
        commit(i);
    }
    struct tg_store_counters counters = tg_store_counters(store);
    EXPECT_GE(counters.rows_written, 500u);
    EXPECT_LT(counters.rows_written, 1000u);
    EXPECT_EQ(scan().size(), 1000u);
}

TEST_F(Store, PendingVersionOutlivesADiscardAndAWriteBack)
{
    open(nullptr);
    put("kept", "1");
    commit();
    put("changed", "1");
    put("removed", "1");
    commit(); /* both pending */
    put("changed", "2");
    remove("removed");
    remove("kept");
    tg_store_seal(store);
    put("changed", "3");
    put("removed", "3");
    writeBack(); /* the committed versions, not the newest */
    tg_store_discard(store);
    EXPECT_EQ(scan(), (Rows{{"changed", {"1", 1}}, {"kept", {"1", 1}}, {"removed", {"1", 1}}}));
    reopenStore();
    EXPECT_EQ(scan(), (Rows{{"changed", {"1", 1}}, {"kept", {"1", 1}}, {"removed", {"1", 1}}}));
}

TEST_F(Store, BringsASmallStoreIntoTheTableWhenItIsReadOften)
{
    open(nullptr);
    for (int i = 0; i < 1000; i++)
        put("key" + std::to_string(i), "1");
    commit();
    reopenStore();
    remove("key7");
    put("key8", "2");
    for (int i = 0; i < 400; i++)
        EXPECT_EQ(scan("key5", "key6").size(), 111u);
    EXPECT_EQ(tg_store_counters(store).entries, 1000u);
    for (int i = 0; i < 1000; i++)
        EXPECT_EQ(get("key" + std::to_string(i)).has_value(), i != 7);
    EXPECT_EQ(get("unknown"), std::nullopt);
    EXPECT_EQ(tg_store_counters(store).misses, 0u);
    EXPECT_EQ(scan("key8", "key80"), (Rows{{"key8", {"2", 1}}}));
    tg_store_discard(store);
    EXPECT_EQ(scan("key7", "key9").size(), 222u);
    EXPECT_EQ(get("key8"), (Row{"1", 1}));
}

TEST_F(Store, EvictsCleanEntriesOnly)
{
    open(nullptr, 64 << 10);
    for (int i = 0; i < 5000; i++)
        put("key" + std::to_string(i), "value" + std::to_string(i));
    EXPECT_EQ(tg_store_counters(store).entries, 5000u) << "dirty entries stay";
    commit(1);
    struct tg_store_counters counters = tg_store_counters(store);
    EXPECT_LE(counters.bytes, 64u << 10);
    EXPECT_GT(counters.evictions, 0u);
    for (int i = 0; i < 5000; i++)
        ASSERT_EQ(get("key" + std::to_string(i)), (Row{"value" + std::to_string(i), 1}));
    EXPECT_LE(tg_store_counters(store).bytes, (64u << 10) + 4096);
    EXPECT_EQ(scan().size(), 5000u);
}

TEST_F(Store, ScansMergeRocksDbWithBothGenerations)
{
    open(nullptr);
    for (const char *key : {"a", "c", "e", "g", "i"})
        put(key, "rocksdb");
    commit();
    put("a", "sealed");
    put("b", "sealed");
    remove("e");
    remove("i");
    tg_store_seal(store);
    put("b", "open");
    put("d", "open");
    put("i", "open");
    remove("g");
    Rows all = {{"a", {"sealed", 1}},
                {"b", {"open", 1}},
                {"c", {"rocksdb", 1}},
                {"d", {"open", 1}},
                {"i", {"open", 1}}};
    EXPECT_EQ(scan(), all);
    EXPECT_EQ(scan("b", "d"), (Rows{{"b", {"open", 1}}, {"c", {"rocksdb", 1}}}));
    EXPECT_EQ(scan("d", "b"), Rows{});
    EXPECT_EQ(scan("e", "i"), Rows{});
    EXPECT_EQ(scan("i"), (Rows{{"i", {"open", 1}}}));
    EXPECT_EQ(scan("j"), Rows{});
    put("bb", "changed after a scan");
    EXPECT_EQ(scan("b", "c"), (Rows{{"b", {"open", 1}}, {"bb", {"changed after a scan", 1}}}));
    apply();
    EXPECT_EQ(scan("a", "b"), (Rows{{"a", {"sealed", 1}}}));
    commit();
    all["bb"] = {"changed after a scan", 1};
    EXPECT_EQ(scan(), all);
}

TEST_F(Store, SeveralCursorsCanBeOpen)
{
    open(nullptr);
    put("a", "1");
    commit();
    put("b", "2");
    struct tg_store_cursor *first = nullptr;
    struct tg_store_cursor *second = nullptr;
    ASSERT_OK(tg_store_scan(store, slice(""), slice(""), &first, &error));
    ASSERT_OK(tg_store_scan(store, slice("b"), slice(""), &second, &error));
    struct tg_slice key = {};
    struct tg_value value = {};
    ASSERT_TRUE(tg_store_cursor_next(first, &key, &value));
    EXPECT_EQ(text(key), "a");
    ASSERT_TRUE(tg_store_cursor_next(second, &key, &value));
    EXPECT_EQ(text(key), "b");
    EXPECT_FALSE(tg_store_cursor_next(second, &key, &value));
    EXPECT_FALSE(tg_store_cursor_next(second, &key, &value)) << "at the end again";
    EXPECT_OK(tg_store_cursor_status(second, &error));
    tg_store_cursor_close(first);
    tg_store_cursor_close(second);
}

TEST_F(Store, StoresAndPartitionsDoNotSeeEachOther)
{
    open(nullptr);
    struct tg_store *other_partition = openStore("orders", 1);
    struct tg_store *other_name = openStore("customers", 0);
    put("a", "1");
    tg_store_seal(store);
    tg_store_apply(store, batch, 5, slice(""));
    struct tg_value two = {tg_slice_text("2"), 1};
    ASSERT_OK(tg_store_put(other_partition, slice("a"), two, &error));
    tg_store_seal(other_partition);
    tg_store_apply(other_partition, batch, 6, slice("p1"));
    ASSERT_OK(tg_state_batch_apply(batch, &error));
    bool found = true;
    struct tg_value value = {};
    ASSERT_OK(tg_store_get(other_name, slice("a"), &found, &value, &error));
    EXPECT_FALSE(found);
    EXPECT_EQ(tg_store_changelog_offset(other_name), -1);
    EXPECT_EQ(tg_store_changelog_offset(other_partition), 6);
    EXPECT_EQ(scan(), (Rows{{"a", {"1", 1}}}));
    ASSERT_OK(tg_store_clear(other_partition, &error));
    EXPECT_EQ(tg_store_changelog_offset(other_partition), -1);
    EXPECT_EQ(text(tg_store_progress(other_partition)), "");
    ASSERT_OK(tg_store_get(other_partition, slice("a"), &found, &value, &error));
    EXPECT_FALSE(found);
    EXPECT_EQ(get("a"), (Row{"1", 1}));
    tg_store_close(other_partition);
    tg_store_close(other_name);
}

TEST_F(Store, RefusesAnotherLayout)
{
    open(nullptr);
    put("a", "1");
    commit(1);
    tg_store_close(store);
    struct tg_store_options options = {};
    options.name = "orders";
    options.layout_id = 8;
    EXPECT_EQ(tg_store_open(state, &options, &store, &error), TG_CODE_STATE_MISMATCH);
    EXPECT_STREQ(error.message, "store \"orders\" partition 0 holds rows of layout 0000000000000007, "
                                "the query now needs 0000000000000008");
    EXPECT_EQ(store, nullptr);
    ASSERT_OK(tg_state_drop(state, "orders", 0, &error));
    EXPECT_OK(tg_store_open(state, &options, &store, &error));
    EXPECT_EQ(scan(), Rows{});
}

TEST_F(Store, RefusesToOpenTwiceAndToDropWhileOpen)
{
    open(nullptr);
    struct tg_store_options options = {};
    options.name = "orders";
    options.layout_id = 7;
    struct tg_store *second = nullptr;
    EXPECT_EQ(tg_store_open(state, &options, &second, &error), TG_CODE_LOCKED);
    EXPECT_TRUE(error.retriable);
    EXPECT_EQ(tg_state_drop(state, "orders", 0, &error), TG_CODE_INTERNAL);
    EXPECT_OK(tg_state_drop(state, "orders", 1, &error));
    EXPECT_OK(tg_state_drop(state, "unknown", 0, &error));
}

TEST_F(Store, RestoreWritesTheLastRecordOfEachKey)
{
    open(nullptr);
    put("old", "1");
    commit(3);
    put("uncommitted", "1");
    std::vector<struct tg_restore_record> records = {
        {tg_slice_text("b"), {tg_slice_text("1"), 1}, false},
        {tg_slice_text("a"), {tg_slice_text("1"), 2}, false},
        {tg_slice_text("b"), {tg_slice_text("2"), 3}, false},
        {tg_slice_text("a"), {{}, 4}, true},
        {tg_slice_text("old"), {{}, 5}, true},
        {tg_slice_text("c"), {tg_slice_text("3"), 6}, false},
    };
    ASSERT_OK(tg_store_restore(store, records.data(), records.size(), 9, &error));
    EXPECT_EQ(scan(), (Rows{{"b", {"2", 3}}, {"c", {"3", 6}}}));
    EXPECT_EQ(get("old"), std::nullopt);
    EXPECT_EQ(tg_store_changelog_offset(store), 9);
    ASSERT_OK(tg_store_restore(store, nullptr, 0, 12, &error));
    reopenStore();
    EXPECT_EQ(tg_store_changelog_offset(store), 12);
    EXPECT_EQ(scan(), (Rows{{"b", {"2", 3}}, {"c", {"3", 6}}}));
    records[3].removed = false;
    ASSERT_OK(
        tg_store_restore(store, records.data(), records.size(), 18, &error)); /* the table has no rows now */
    EXPECT_EQ(get("old"), std::nullopt);
    EXPECT_EQ(scan(), (Rows{{"a", {"", 4}}, {"b", {"2", 3}}, {"c", {"3", 6}}}));
}

TEST_F(Store, RestoresMuchThroughTableFiles)
{
    TemporaryDirectory directory;
    for (const char *path : {(const char *)nullptr, directory.path().c_str()}) {
        open(path, 16 << 10);
        put("before", "1");
        put("key5", "old");
        commit(1);
        writeBack();
        Rows expected = {{"before", {"1", 1}}, {"key5", {"old", 1}}};
        std::vector<std::string> names;
        for (int i = 0; i < 3000; i++)
            names.push_back("key" + std::to_string(i * 7 % 1000));
        std::vector<struct tg_restore_record> records;
        int64_t offset = 1;
        for (const std::string &name : names) {
            bool removed = ++offset % 9 == 0;
            records.push_back({slice(name), {tg_slice_text("0123456789"), offset}, removed});
            if (removed)
                expected.erase(name);
            else
                expected[name] = Row{"0123456789", offset};
            if (records.size() == 100) {
                ASSERT_OK(tg_store_restore(store, records.data(), records.size(), offset, &error));
                records.clear();
            }
        }
        EXPECT_GT(tg_store_counters(store).evictions, 0u) << "not all fits";
        EXPECT_EQ(scan(), expected);
        reopenStore();
        EXPECT_EQ(scan(), expected);
        EXPECT_EQ(tg_store_changelog_offset(store), offset);
        close();
    }
    for (const auto &entry : std::filesystem::directory_iterator(directory.path() + "/db"))
        EXPECT_NE(entry.path().filename().string().substr(0, 8), "restore.");
}

TEST_F(Store, WhatIsInABatchMustBeWrittenBeforeRocksDbIsAsked)
{
    open(nullptr);
    put("old", "1");
    commit();
    reopenStore();
    put("a", "1");
    tg_store_seal(store);
    tg_store_apply(store, batch, 1, slice(""));
    tg_store_write_back(store, batch);
    EXPECT_EQ(get("a"), (Row{"1", 1})) << "the table knows";
    bool found = false;
    struct tg_value value = {};
    EXPECT_EQ(tg_store_get(store, slice("old"), &found, &value, &error), TG_CODE_IO);
    EXPECT_TRUE(error.retriable);
    struct tg_store_cursor *cursor = nullptr;
    EXPECT_EQ(tg_store_scan(store, slice(""), slice(""), &cursor, &error), TG_CODE_IO);
    EXPECT_OK(tg_state_batch_apply(batch, &error));
    EXPECT_EQ(get("old"), (Row{"1", 1}));
}

TEST_F(Store, PrefetchingIsOnlyAHint)
{
    open(nullptr);
    std::vector<std::string> names;
    std::vector<struct tg_slice> keys;
    for (int i = 0; i < 40000; i++)
        names.push_back("key" + std::to_string(i));
    for (const std::string &name : names)
        keys.push_back(slice(name));
    tg_store_prefetch(store, keys.data(), keys.size());
    for (size_t i = 0; i < names.size(); i += 2)
        put(names[i], std::string(60, 'x'));
    EXPECT_GT(tg_store_counters(store).bytes, 2u << 20) << "else nothing is fetched";
    for (size_t i = 0; i + 10 < keys.size(); i += 10)
        tg_store_prefetch(store, &keys[i], 10);
    EXPECT_EQ(scan().size(), 20000u);
}

TEST_F(Store, AllocatesNothingPerEditAfterWarmUp)
{
    open(nullptr);
    std::vector<std::string> keys;
    for (int i = 0; i < 1000; i++)
        keys.push_back("key" + std::to_string(i));
    auto edit_all = [&](int64_t offset) {
        for (const std::string &key : keys) {
            struct tg_store_edit edit = {};
            ASSERT_OK(tg_store_edit(store, slice(key), 16, false, &edit, &error));
            edit.bytes[0]++;
            tg_store_edit_done(store, 1);
            put(key + "!", "0123456789abcdef");
        }
        tg_store_seal(store);
        size_t position = 0;
        struct tg_sealed_entry entry = {};
        while (tg_store_sealed_next(store, &position, &entry)) {
        }
        for (const std::string &key : keys) { /* goes on while the commit is under way */
            struct tg_store_edit edit = {};
            ASSERT_OK(tg_store_edit(store, slice(key), 16, false, &edit, &error));
            edit.bytes[1]++;
            tg_store_edit_done(store, 1);
        }
        apply(offset);
    };
    for (int64_t round = 0; round < 3; round++)
        edit_all(round);
    uint64_t before = tg_allocation_count();
    edit_all(4);
    EXPECT_EQ(tg_allocation_count() - before, 0u);
}

/* The bound of all tables: a store that needs much has what the others leave, and gives it back to them. */
TEST_F(Store, SharesTheBoundOfAllTables)
{
    struct tg_state_options options = {};
    options.application_id = "app";
    options.table_bytes_max = 4 << 20;
    ASSERT_OK(tg_state_open(&options, &state, &error));
    batch = tg_state_batch_new(state);
    store = openStore("large", 0);
    std::vector<struct tg_store *> others;
    for (int i = 0; i < 3; i++)
        others.push_back(openStore("others", i));
    const std::string content(100, 'v');
    auto fill = [&](struct tg_store *target, int from, int to) {
        for (int i = from; i < to; i++) {
            struct tg_value value = {slice(content), i};
            ASSERT_OK(tg_store_put(target, slice("key" + std::to_string(i)), value, &error));
            if (i % 500 == 499) {
                tg_store_seal(target);
                tg_store_apply(target, batch, i, slice(""));
                ASSERT_OK(tg_state_batch_apply(batch, &error));
            }
        }
    };
    auto bytes = [](const struct tg_store *of) { return tg_store_counters(of).bytes; };
    fill(store, 0, 40000); /* 8 MB */
    EXPECT_GT(bytes(store), 3u << 20) << "nobody else needs it";
    EXPECT_LT(bytes(store), 5u << 20);
    for (struct tg_store *other : others)
        fill(other, 0, 40000);
    fill(store, 0, 40000);
    uint64_t sum = bytes(store);
    for (struct tg_store *other : others) {
        EXPECT_GT(bytes(other), 400u << 10);
        sum += bytes(other);
    }
    EXPECT_LT(sum, 6u << 20);
    for (struct tg_store *other : others)
        tg_store_close(other);
    fill(store, 0, 40000);
    EXPECT_GT(bytes(store), 3u << 20) << "what closed stores had is free again";
    /* A restore stays below it, too. */
    for (int from = 0; from < 40000; from += 500) {
        std::vector<std::string> keys;
        for (int i = from; i < from + 500; i++)
            keys.push_back("restored" + std::to_string(i));
        std::vector<struct tg_restore_record> records;
        for (const std::string &key : keys)
            records.push_back({slice(key), {slice(content), 1}, false});
        ASSERT_OK(tg_store_restore(store, records.data(), records.size(), from, &error));
        ASSERT_LT(bytes(store), 6u << 20);
    }
}
