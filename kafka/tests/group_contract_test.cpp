// kafka/tests/group_contract_test.cpp: what both twins promise about consumer groups and their committed
// offsets.
#include "kafka/tests/twin_fixture.h"

#include <algorithm>

namespace turgo
{

class GroupContract : public TwinTest
{
protected:
    void fill(const std::string &topic, int32_t partition, int count)
    {
        Producer producer = open_producer();
        for (int i = 0; i < count; i++)
            TG_ASSERT_OK(send(producer, topic, partition, Text("k"), Text("v")));
        TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));
    }
    void join(const Consumer &consumer, const Membership &membership, size_t partitions)
    {
        std::vector<Received> received;
        ASSERT_TRUE(
            poll_until({&consumer}, received, [&] { return membership.partitions.size() == partitions; }));
    }
};
INSTANTIATE_TEST_SUITE_P(Twins, GroupContract, testing::Values(Twin::kMemory, Twin::kReal), twin_name);

TEST_P(GroupContract, PartitionsAreHeldBackUntilTheyAreStarted)
{
    std::string topic = make_topic("t", 2);
    fill(topic, 0, 5);
    fill(topic, 1, 5);
    Membership membership;
    membership.hold = true;
    Consumer consumer = open_member(name("g"), membership);
    subscribe(consumer, {topic});
    join(consumer, membership, 2);
    TG_ASSERT_OK(tg_consumer_start(consumer.get(), topic.c_str(), 1, 3, 77, &error));
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() >= 2; }));
    EXPECT_EQ((std::vector<int64_t>{3, 4}), offsets_of(received));
    for (const Received &one : received) {
        EXPECT_EQ(1, one.partition) << "partition 0 was not started";
        EXPECT_EQ(77u, one.tag);
    }
    // the second start does not disturb the first
    TG_ASSERT_OK(tg_consumer_start(consumer.get(), topic.c_str(), 0, TG_OFFSET_EARLIEST, 78, &error));
    received.clear();
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() >= 5; }));
    EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 3, 4}), offsets_of(received));
    for (const Received &one : received)
        EXPECT_EQ(one.partition == 0 ? 78u : 77u, one.tag);
    EXPECT_EQ(TG_CODE_USAGE, tg_consumer_start(consumer.get(), topic.c_str(), 5, 0, 1, &error));
    EXPECT_EQ(1, membership.assignments);
    consumer.reset();
    EXPECT_EQ(1, membership.revocations) << "closing gives the partitions back";
}

TEST_P(GroupContract, CommittedOffsetsComeBackWithTheirMetadata)
{
    std::string topic = make_topic("t", 2);
    fill(topic, 0, 5);
    std::string group = name("g");
    {
        Membership membership;
        Consumer consumer = open_member(group, membership);
        subscribe(consumer, {topic});
        join(consumer, membership, 2);
        tg_offset both[] = {offset_of(topic, 0, TG_OFFSET_NONE), offset_of(topic, 1, TG_OFFSET_NONE)};
        TG_ASSERT_OK(tg_consumer_committed(consumer.get(), both, 2, 10000, arena.get(), &error));
        EXPECT_EQ(TG_OFFSET_NONE, both[0].offset);
        EXPECT_EQ(nullptr, both[0].metadata);

        tg_offset commit = offset_of(topic, 0, 3, "worker:7");
        commit.leader_epoch = 0;
        TG_ASSERT_OK(tg_consumer_commit(consumer.get(), &commit, 1, &error));
        TG_ASSERT_OK(tg_consumer_committed(consumer.get(), both, 2, 10000, arena.get(), &error));
        EXPECT_EQ(3, both[0].offset);
        EXPECT_EQ(0, both[0].leader_epoch);
        EXPECT_STREQ("worker:7", both[0].metadata);
        EXPECT_EQ(TG_OFFSET_NONE, both[1].offset);
    }
    tg_offset outside = group_offset(group, topic);
    EXPECT_EQ(3, outside.offset);
    EXPECT_STREQ("worker:7", outside.metadata);

    Membership membership;
    Consumer consumer = open_member(group, membership);
    subscribe(consumer, {topic});
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() >= 2; }));
    EXPECT_EQ((std::vector<int64_t>{3, 4}), offsets_of(received));
}

TEST_P(GroupContract, NothingCommittedAndNoResetIsAnError)
{
    std::string topic = make_topic("t", 1);
    fill(topic, 0, 2);
    Membership membership;
    std::string group = name("g");
    tg_consumer_options options = {};
    options.group = group.c_str();
    options.offset_reset = TG_RESET_ERROR;
    options.isolation = TG_READ_COMMITTED;
    options.notify_descriptor = -1;
    options.listener = membership.listener();
    Consumer consumer = open_consumer(options);
    membership.consumer = consumer.get();
    subscribe(consumer, {topic});
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return !received.empty(); }));
    EXPECT_EQ(TG_MESSAGE_ERROR, received[0].kind);
    EXPECT_EQ(TG_CODE_OFFSET_OUT_OF_RANGE, received[0].code);
    // the caller decides, and starts it where it wants
    TG_ASSERT_OK(tg_consumer_start(consumer.get(), topic.c_str(), 0, 1, 5, &error));
    received.clear();
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return !offsets_of(received).empty(); }));
    EXPECT_EQ((std::vector<int64_t>{1}), offsets_of(received));
}

TEST_P(GroupContract, APartitionGoesOnElsewhereAfterItsOffsetWasGone)
{
    std::string topic = make_topic("t", 2);
    fill(topic, 0, 6);
    fill(topic, 1, 2);
    TG_ASSERT_OK(tg_admin_delete_records(cluster, topic.c_str(), 0, 4, 10000, &error));
    Membership membership;
    membership.hold = true;
    std::string group = name("g");
    tg_consumer_options options = {};
    options.group = group.c_str();
    options.offset_reset = TG_RESET_ERROR;
    options.isolation = TG_READ_COMMITTED;
    options.notify_descriptor = -1;
    options.listener = membership.listener();
    Consumer consumer = open_consumer(options);
    membership.consumer = consumer.get();
    subscribe(consumer, {topic});
    join(consumer, membership, 2);
    TG_ASSERT_OK(tg_consumer_start(consumer.get(), topic.c_str(), 1, 0, 1, &error));
    TG_ASSERT_OK(tg_consumer_start(consumer.get(), topic.c_str(), 0, 1, 0, &error));
    std::vector<Received> received;
    auto failed = [&] {
        return std::any_of(received.begin(), received.end(), [](const Received &one) {
            return one.kind == TG_MESSAGE_ERROR && one.code == TG_CODE_OFFSET_OUT_OF_RANGE && one.tag == 0;
        });
    };
    ASSERT_TRUE(poll_until({&consumer}, received, failed));
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() == 2; }));

    received.clear();
    TG_ASSERT_OK(tg_consumer_start(consumer.get(), topic.c_str(), 0, TG_OFFSET_EARLIEST, 0, &error));
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() == 2; }));
    EXPECT_EQ((std::vector<int64_t>{4, 5}), offsets_of(received));
    EXPECT_EQ(1, membership.assignments);
}

TEST_P(GroupContract, ASecondMemberTakesItsHalf)
{
    std::string left = make_topic("left", 4);
    std::string right = make_topic("right", 4);
    std::string group = name("g");
    Membership first;
    Membership second;
    Consumer a = open_member(group, first);
    subscribe(a, {left, right});
    join(a, first, 8);
    Consumer b = open_member(group, second);
    subscribe(b, {left, right});
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&a, &b}, received,
                           [&] { return first.partitions.size() == 4 && second.partitions.size() == 4; }));
    EXPECT_GE(first.revocations, 1);
    EXPECT_EQ(0, first.losses);
    for (const Membership *member : {&first, &second}) // range: partition p of both topics on one member
        for (const auto &[topic, partition] : member->partitions) {
            std::pair<std::string, int32_t> other = {topic == left ? right : left, partition};
            EXPECT_EQ(1, std::count(member->partitions.begin(), member->partitions.end(), other));
        }
    b.reset();
    ASSERT_TRUE(poll_until({&a}, received, [&] { return first.partitions.size() == 8; }));
}

TEST_P(GroupContract, AZombieCannotSendOffsets)
{
    std::string topic = make_topic("t", 2);
    std::string group = name("g");
    Membership first;
    Membership second;
    Consumer a = open_member(group, first);
    subscribe(a, {topic});
    join(a, first, 2);
    Metadata old = metadata_of(a);
    Consumer b = open_member(group, second);
    subscribe(b, {topic});
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&a, &b}, received,
                           [&] { return first.partitions.size() == 1 && second.partitions.size() == 1; }));

    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    tg_offset offset = offset_of(topic, 0, 1);
    EXPECT_EQ(TG_CODE_KAFKA_FENCED,
              tg_producer_send_offsets(producer.get(), &offset, 1, old.get(), 10000, &error));
    EXPECT_FALSE(error.fatal);
    TG_EXPECT_OK(tg_producer_abort(producer.get(), 10000, &error));

    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    Metadata fresh = metadata_of(a);
    TG_ASSERT_OK(tg_producer_send_offsets(producer.get(), &offset, 1, fresh.get(), 10000, &error));
    TG_ASSERT_OK(tg_producer_commit(producer.get(), 10000, &error));
    EXPECT_EQ(1, group_offset(group, topic).offset);
}

TEST_P(GroupContract, OffsetsOfATransactionShowWhenItCommits)
{
    std::string topic = make_topic("t", 1);
    std::string group = name("g");
    Membership membership;
    Consumer consumer = open_member(group, membership);
    subscribe(consumer, {topic});
    join(consumer, membership, 1);
    Producer producer = open_transactional(name("x"));

    auto send_offset = [&](int64_t value, const char *metadata) {
        TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
        TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
        TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));
        tg_offset offset = offset_of(topic, 0, value, metadata);
        Metadata fresh = metadata_of(consumer);
        TG_ASSERT_OK(tg_producer_send_offsets(producer.get(), &offset, 1, fresh.get(), 10000, &error));
    };
    send_offset(1, "w:1");
    TG_ASSERT_OK(tg_producer_commit(producer.get(), 10000, &error));
    EXPECT_EQ(1, group_offset(group, topic).offset);
    EXPECT_STREQ("w:1", group_offset(group, topic).metadata);

    tg_request_counts counts;
    tg_producer_request_counts(producer.get(), &counts);
    for (int kind = 0; kind < TG_REQUEST_KINDS; kind++) {
        EXPECT_GE(counts.sent[kind], 1u) << "every kind of request is seen: " << kind;
        EXPECT_EQ(counts.sent[kind], counts.answered[kind]) << kind;
    }
    EXPECT_FALSE(tg_producer_tainted(producer.get()));

    send_offset(2, "w:2");
    // not stable: a reader waits for the outcome, and a short time runs out
    EXPECT_EQ(TG_CODE_KAFKA_TIMED_OUT, group_offset(group, topic, 300).code);
    tg_offset own = offset_of(topic, 0, TG_OFFSET_NONE);
    EXPECT_NE(TG_OK, tg_consumer_committed(consumer.get(), &own, 1, 300, arena.get(), &error));
    TG_ASSERT_OK(tg_producer_abort(producer.get(), 10000, &error));
    EXPECT_EQ(1, group_offset(group, topic).offset) << "an abort leaves the old offset";

    send_offset(3, "w:3");
    TG_ASSERT_OK(tg_producer_commit(producer.get(), 10000, &error));
    TG_ASSERT_OK(tg_consumer_committed(consumer.get(), &own, 1, 10000, arena.get(), &error));
    EXPECT_EQ(3, own.offset);
    EXPECT_STREQ("w:3", own.metadata);
}

// The resolve step: whatever the predecessor left, after init the committed offsets tell what became of it.
TEST_P(GroupContract, InitDecidesWhatThePredecessorLeft)
{
    std::string topic = make_topic("t", 1);
    std::string group = name("g");
    Membership membership;
    Consumer consumer = open_member(group, membership);
    subscribe(consumer, {topic});
    join(consumer, membership, 1);
    Producer first = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(first.get(), &error));
    tg_offset offset = offset_of(topic, 0, 9, "w:1");
    Metadata metadata = metadata_of(consumer);
    TG_ASSERT_OK(tg_producer_send_offsets(first.get(), &offset, 1, metadata.get(), 10000, &error));
    first.reset(); // as after a doubt: no commit, no abort

    Producer second = open_transactional(name("x"));
    tg_offset own = offset_of(topic, 0, TG_OFFSET_NONE);
    TG_ASSERT_OK(tg_consumer_committed(consumer.get(), &own, 1, 10000, arena.get(), &error));
    EXPECT_EQ(TG_OFFSET_NONE, own.offset);
}

TEST_P(GroupContract, AStaticMemberComesBackUnnoticed)
{
    std::string topic = make_topic("t", 2);
    std::string group = name("g");
    Membership first;
    Membership second;
    Membership again;
    Consumer a = open_member(group, first, "one");
    subscribe(a, {topic});
    join(a, first, 2);
    Consumer b = open_member(group, second, "two");
    subscribe(b, {topic});
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&a, &b}, received,
                           [&] { return first.partitions.size() == 1 && second.partitions.size() == 1; }));
    auto kept = second.partitions;
    int revocations = first.revocations;

    b.reset(); // leaves no notice
    b = open_member(group, again, "two");
    subscribe(b, {topic});
    ASSERT_TRUE(poll_until({&a, &b}, received, [&] { return again.partitions.size() == 1; }));
    EXPECT_EQ(kept, again.partitions);
    EXPECT_EQ(revocations, first.revocations) << "the other member noticed nothing";
}

TEST_P(GroupContract, ASecondOwnerOfAnInstanceIdFencesTheFirst)
{
    std::string topic = make_topic("t", 1);
    std::string group = name("g");
    Membership first;
    Membership second;
    Consumer a = open_member(group, first, "one");
    subscribe(a, {topic});
    join(a, first, 1);
    Metadata old = metadata_of(a);
    Consumer b = open_member(group, second, "one");
    subscribe(b, {topic});
    std::vector<Received> received;
    bool fenced = false;
    for (int i = 0; i < 1000 && !(fenced && second.partitions.size() == 1); i++) {
        tg_code code = poll(a, received, 20);
        fenced = fenced || (code == TG_CODE_KAFKA_FENCED && error.fatal);
        (void)poll(b, received, 20);
        if (clock != nullptr)
            tg_clock_virtual_advance(clock, 10);
    }
    EXPECT_TRUE(fenced);
    EXPECT_EQ(1u, second.partitions.size());
    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    tg_offset offset = offset_of(topic, 0, 1);
    EXPECT_EQ(TG_CODE_KAFKA_FENCED,
              tg_producer_send_offsets(producer.get(), &offset, 1, old.get(), 10000, &error));
    TG_EXPECT_OK(tg_producer_abort(producer.get(), 10000, &error));
}

TEST_P(GroupContract, SeekInAGroupGoesBack)
{
    std::string topic = make_topic("t", 1);
    fill(topic, 0, 4);
    Membership membership;
    Consumer consumer = open_member(name("g"), membership);
    subscribe(consumer, {topic});
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() == 4; }));
    tg_offset back = offset_of(topic, 0, 2);
    TG_ASSERT_OK(tg_consumer_seek(consumer.get(), &back, 1, 5000, &error));
    received.clear();
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() == 2; }));
    EXPECT_EQ((std::vector<int64_t>{2, 3}), offsets_of(received));

    tg_offset none = offset_of(topic, 0, TG_OFFSET_NONE); // nothing is committed: as the reset policy says
    TG_ASSERT_OK(tg_consumer_seek(consumer.get(), &none, 1, 5000, &error));
    received.clear();
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return offsets_of(received).size() == 4; }));
}

} // namespace turgo
