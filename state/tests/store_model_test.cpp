/* Random operations on a store beside a model of three ordered maps: committed, sealed, open. */
#include "state/tests/fixture.h"

#include <random>

namespace
{

struct Change {
    Row row;
    bool removed;
};
using Changes = std::map<std::string, Change>;

struct Model {
    Rows committed;
    Changes sealed;
    Changes open;
    int64_t offset = -1;
    std::string progress;

    std::optional<Row> get(const std::string &key) const
    {
        for (const Changes *changes : {&open, &sealed}) {
            auto found = changes->find(key);
            if (found != changes->end())
                return found->second.removed ? std::nullopt : std::optional<Row>(found->second.row);
        }
        auto found = committed.find(key);
        return found == committed.end() ? std::nullopt : std::optional<Row>(found->second);
    }

    Rows scan(const std::string &from, const std::string &to) const
    {
        Rows all = committed;
        for (const Changes *changes : {&sealed, &open}) {
            for (const auto &[key, change] : *changes) {
                if (change.removed)
                    all.erase(key);
                else
                    all[key] = change.row;
            }
        }
        Rows rows;
        for (const auto &[key, row] : all) {
            if (key >= from && (to.empty() || key < to))
                rows[key] = row;
        }
        return rows;
    }
};

class StoreModel : public StateTest, public testing::WithParamInterface<unsigned>
{
protected:
    std::string anyKey()
    {
        /* Few short keys, so that all operations meet each other, and some long ones. */
        std::string key = std::to_string(random() % 300);
        if (random() % 20 == 0)
            key += std::string(random() % 200, 'k');
        return key;
    }

    std::string anyValue()
    {
        size_t length = random() % 50;
        if (random() % 50 == 0)
            length = random() % 9000;
        return std::string(length, (char)('a' + random() % 26));
    }

    void editOne()
    {
        std::string key = anyKey();
        auto before = model.get(key);
        bool known_absent = !before && random() % 2 == 0;
        struct tg_store_edit edit = {};
        ASSERT_OK(tg_store_edit(store, slice(key), 12, known_absent, &edit, &error));
        ASSERT_EQ(edit.created, !before.has_value()) << key;
        std::string expected = before ? before->value : std::string(12, '\0');
        ASSERT_EQ(std::string((char *)edit.bytes, edit.length), expected) << key;
        ASSERT_EQ(edit.timestamp_ms, before ? before->timestamp_ms : INT64_MIN);
        if (edit.length > 0) {
            size_t at = random() % edit.length;
            edit.bytes[at] = (uint8_t)('A' + random() % 26);
            expected[at] = (char)edit.bytes[at];
        }
        int64_t timestamp_ms = (int64_t)(random() % 1000);
        tg_store_edit_done(store, timestamp_ms);
        model.open[key] = {{expected, timestamp_ms}, false};
    }

    void removeOne()
    {
        std::string key = anyKey();
        remove(key);
        model.open[key] = {{"", 1}, true};
    }

    void putOne()
    {
        std::string key = anyKey();
        Row row = {anyValue(), (int64_t)(random() % 1000)};
        put(key, row.value, row.timestamp_ms);
        model.open[key] = {row, false};
    }

    void seal()
    {
        if (sealing)
            return;
        tg_store_seal(store);
        model.sealed = std::move(model.open);
        model.open.clear();
        sealing = true;
        /* The changelog must bring a copy of the committed rows to the sealed state. */
        Rows copy = model.committed;
        for (const auto &[key, value] : sealed()) {
            if (value == "(removed)")
                copy.erase(key);
            else
                copy[key].value = value;
        }
        Rows expected = model.committed;
        applyChanges(expected, model.sealed);
        ASSERT_EQ(copy.size(), expected.size());
        for (const auto &[key, row] : expected)
            ASSERT_EQ(copy[key].value, row.value) << key;
    }

    static void applyChanges(Rows &rows, const Changes &changes)
    {
        for (const auto &[key, change] : changes) {
            if (change.removed)
                rows.erase(key);
            else
                rows[key] = change.row;
        }
    }

    void applySealed()
    {
        if (!sealing)
            return;
        model.offset += 1 + (int64_t)(random() % 100);
        if (random() % 2 == 0)
            model.progress = std::to_string(random());
        apply(model.offset, model.progress);
        applyChanges(model.committed, model.sealed);
        model.sealed.clear();
        sealing = false;
    }

    void discard()
    {
        tg_store_discard(store);
        model.sealed.clear();
        model.open.clear();
        sealing = false;
    }

    void restore()
    {
        std::vector<std::string> kept;
        std::vector<std::pair<std::string, Change>> changes;
        for (size_t i = random() % 20; i > 0; i--)
            changes.push_back({anyKey(), {{anyValue(), (int64_t)i}, random() % 3 == 0}});
        std::vector<struct tg_restore_record> records;
        for (const auto &[key, change] : changes)
            records.push_back(
                {slice(key), {slice(change.row.value), change.row.timestamp_ms}, change.removed});
        model.offset += (int64_t)changes.size();
        ASSERT_OK(tg_store_restore(store, records.data(), records.size(), model.offset, &error));
        model.sealed.clear();
        model.open.clear();
        sealing = false;
        for (const auto &[key, change] : changes)
            applyChanges(model.committed, {{key, change}});
    }

    void reopen(const std::string &directory)
    {
        close();
        open(directory.c_str(), cache_bytes_max, 256 << 10);
        model.sealed.clear();
        model.open.clear();
        sealing = false;
    }

    void reopenStoreOnly()
    {
        reopenStore();
        model.sealed.clear();
        model.open.clear();
        sealing = false;
    }

    std::optional<Row> committed(const std::string &key) const
    {
        auto found = model.committed.find(key);
        return found == model.committed.end() ? std::nullopt : std::optional<Row>(found->second);
    }

    Rows committedRange(const std::string &from, const std::string &to) const
    {
        if (!to.empty() && to <= from)
            return {};
        return Rows(model.committed.lower_bound(from),
                    to.empty() ? model.committed.end() : model.committed.lower_bound(to));
    }

    void step(const std::string &directory)
    {
        switch (random() % 1000) {
        case 0:
            return reopen(directory);
        case 1:
        case 2:
            return discard();
        case 3:
            return restore();
        case 4:
            return writeBack();
        case 5:
            return reopenStoreOnly();
        default:
            break;
        }
        switch (random() % 16) {
        case 0:
            return random() % 4 == 0 ? seal() : applySealed();
        case 1: {
            std::string from = random() % 3 == 0 ? "" : anyKey();
            std::string to = random() % 3 == 0 ? "" : anyKey();
            ASSERT_EQ(scan(from, to), model.scan(from, to)) << "from " << from << " to " << to;
            ASSERT_EQ(scanCommitted(from, to), committedRange(from, to)) << "from " << from << " to " << to;
            return;
        }
        case 2:
        case 3:
        case 4:
            return removeOne();
        case 5:
        case 6:
        case 7:
        case 8:
            return editOne();
        case 9:
        case 10:
        case 11:
            return putOne();
        default: {
            std::string key = anyKey();
            if (random() % 2 == 0) {
                ASSERT_EQ(getCommitted(key), committed(key)) << key;
            }
            ASSERT_EQ(get(key), model.get(key)) << key;
        }
        }
    }

    Model model;
    bool sealing = false;
    uint64_t cache_bytes_max = 0;
    std::mt19937 random;
};

} // namespace

TEST_P(StoreModel, BehavesLikeThreeMaps)
{
    TemporaryDirectory directory;
    random.seed(GetParam());
    const uint64_t limits[] = {0, 4096, 40000, 400000};
    cache_bytes_max = limits[GetParam() % 4];
    open(directory.path().c_str(), cache_bytes_max, 256 << 10);
    for (int i = 0; i < 8000 && !HasFailure(); i++) {
        SCOPED_TRACE("seed " + std::to_string(GetParam()) + " step " + std::to_string(i));
        step(directory.path());
    }
    if (HasFailure())
        return;
    discard();
    EXPECT_EQ(scan(), model.committed);
    EXPECT_EQ(tg_store_dirty_bytes(store), 0u);
    reopen(directory.path());
    EXPECT_EQ(scan(), model.committed);
    EXPECT_EQ(tg_store_changelog_offset(store), model.offset);
    EXPECT_EQ(text(tg_store_progress(store)), model.progress);
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoreModel, testing::Range(1u, 5u));
