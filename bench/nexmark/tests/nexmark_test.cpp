// The generator's rules: what depends on the event's number alone, proportions, sizes, references.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/nexmark/nexmark.h"

namespace
{

struct Event {
    tg_nexmark_record record;
    std::string value;
};

Event event(uint64_t number, const tg_nexmark &options = tg_nexmark_defaults())
{
    tg_buffer value = {};
    Event made;
    made.record = tg_nexmark_event(&options, number, &value);
    made.value = std::string(reinterpret_cast<const char *>(value.data), value.length);
    tg_buffer_done(&value);
    return made;
}

int64_t member(const std::string &value, const char *name)
{
    std::string quoted = std::string("\"") + name + "\":";
    size_t at = value.find(quoted);
    return at == std::string::npos ? -1 : std::strtoll(value.c_str() + at + quoted.size(), nullptr, 10);
}

TEST(Nexmark, AnEventFollowsFromItsNumber)
{
    std::vector<std::string> values;
    for (uint64_t number = 0; number < 200; number++)
        values.push_back(event(number).value);
    for (uint64_t number = 200; number-- > 0;)
        EXPECT_EQ(event(number).value, values[number]) << number;
}

TEST(Nexmark, OfFiftyEventsOneIsAPersonAndThreeAreAuctions)
{
    std::map<int, uint64_t> counts, bytes;
    for (uint64_t number = 0; number < 50000; number++) {
        Event made = event(number);
        counts[made.record.kind]++;
        bytes[made.record.kind] += made.value.size();
    }
    EXPECT_EQ(counts[TG_NEXMARK_PERSON], 1000u);
    EXPECT_EQ(counts[TG_NEXMARK_AUCTION], 3000u);
    EXPECT_EQ(counts[TG_NEXMARK_BID], 46000u);
    // the sizes of the original, within three in a hundred
    EXPECT_NEAR(double(bytes[TG_NEXMARK_PERSON]) / 1000, 316, 10);
    EXPECT_NEAR(double(bytes[TG_NEXMARK_AUCTION]) / 3000, 645, 20);
    EXPECT_NEAR(double(bytes[TG_NEXMARK_BID]) / 46000, 256, 8);
}

TEST(Nexmark, IdsAreGivenOnceInOrder)
{
    std::map<int, int64_t> next = {{TG_NEXMARK_PERSON, 1000}, {TG_NEXMARK_AUCTION, 1000}};
    for (uint64_t number = 0; number < 10000; number++) {
        Event made = event(number);
        if (made.record.kind == TG_NEXMARK_BID)
            continue;
        EXPECT_EQ(made.record.key, next[made.record.kind]++);
        EXPECT_EQ(member(made.value, "id"), made.record.key);
    }
}

TEST(Nexmark, BidsReferToAuctionsAtMostTenAheadAndHalfOfThemToTheHotOne)
{
    std::map<int64_t, int> of_auction;
    int64_t last = 999;
    for (uint64_t number = 0; number < 50000; number++) {
        Event made = event(number);
        if (made.record.kind == TG_NEXMARK_AUCTION)
            last = made.record.key;
        if (made.record.kind != TG_NEXMARK_BID)
            continue;
        EXPECT_EQ(member(made.value, "auction"), made.record.key);
        EXPECT_LE(made.record.key, last + 10);
        of_auction[made.record.key]++;
    }
    int hot = 0, all = 0;
    for (auto &[auction, count] : of_auction) {
        all += count;
        hot += auction % 100 == 0 ? count : 0;
    }
    EXPECT_NEAR(double(hot) / all, 0.5, 0.03);
}

TEST(Nexmark, TimesRunWithTheRate)
{
    tg_nexmark options = tg_nexmark_defaults();
    options.rate = 1000;
    EXPECT_EQ(event(0, options).record.timestamp_ms, options.first_ms);
    EXPECT_EQ(event(5000, options).record.timestamp_ms, options.first_ms + 5000);
    EXPECT_NE(event(5000, options).value.find("\"dateTime\":\"2023-11-14 22:13:25.000\""), std::string::npos);
}

TEST(Nexmark, AGroupHoldsTheSameEventsInAnotherOrder)
{
    tg_nexmark stirred = tg_nexmark_defaults();
    stirred.out_of_order_group = 50;
    std::multiset<std::string> in_order, out_of_order;
    bool same_order = true;
    for (uint64_t number = 100; number < 150; number++) {
        in_order.insert(event(number).value);
        out_of_order.insert(event(number, stirred).value);
        same_order = same_order && event(number).value == event(number, stirred).value;
    }
    EXPECT_EQ(in_order, out_of_order);
    EXPECT_FALSE(same_order);
}

} // namespace
