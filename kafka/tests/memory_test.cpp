// kafka/tests/memory_test.cpp: what only the memory twin can show: time, lost answers, late requests, stopped
// processes.
#include "kafka/tests/twin_fixture.h"

#include "kafka/memory.h"

namespace turgo
{

class Memory : public TwinTest
{
protected:
    // A worker's transaction: one record to `topic` and the offset `value` of `source`.
    void begin_with_offset(const Producer &producer, const Consumer &consumer, const std::string &topic,
                           int64_t value)
    {
        TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
        TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text(std::to_string(value))));
        std::string metadata = "w:" + std::to_string(value);
        tg_offset offset = offset_of(topic, 0, value, metadata.c_str());
        Metadata fresh = metadata_of(consumer);
        TG_ASSERT_OK(tg_producer_send_offsets(producer.get(), &offset, 1, fresh.get(), 1000, &error));
    }
    size_t visible(const std::string &topic)
    {
        Consumer reader = open_reader(TG_READ_COMMITTED);
        assign(reader, topic, 0, 0);
        return offsets_of(read_to(reader, end_offset(topic, TG_READ_COMMITTED))).size();
    }
    Consumer open_joined(const std::string &topic, Membership &membership, const char *instance_id = nullptr)
    {
        Consumer consumer = open_member(name("g"), membership, instance_id);
        subscribe(consumer, {topic});
        std::vector<Received> received;
        EXPECT_EQ(TG_OK, poll(consumer, received));
        return consumer;
    }
};
INSTANTIATE_TEST_SUITE_P(Twins, Memory, testing::Values(Twin::kMemory), twin_name);

TEST_P(Memory, ATransactionThatTakesTooLongIsAbortedAndItsProducerFenced)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    tg_clock_virtual_advance(clock, 10001);
    EXPECT_EQ(2, end_offset(topic, TG_READ_COMMITTED)) << "the marker of the abort";
    EXPECT_EQ(TG_CODE_KAFKA_FENCED, tg_producer_commit(producer.get(), 1000, &error));
    EXPECT_TRUE(error.fatal);
    EXPECT_EQ(0u, visible(topic));
}

TEST_P(Memory, ACommitWhoseAnswerIsLostHasHappened)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_transactional(name("x"));
    tg_memory_fault fault = {};
    fault.call = TG_MEMORY_CALL_COMMIT;
    fault.nth = 1;
    fault.code = TG_CODE_KAFKA_TIMED_OUT;
    fault.retriable = true;
    fault.executed = true;
    fault.tainted = true;
    tg_memory_inject(cluster, &fault);
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    EXPECT_EQ(TG_CODE_KAFKA_TIMED_OUT, tg_producer_commit(producer.get(), 1000, &error));
    EXPECT_TRUE(error.retriable);
    EXPECT_TRUE(tg_producer_tainted(producer.get()));
    EXPECT_EQ(0u, tg_memory_faults_waiting(cluster));
    EXPECT_EQ(1u, visible(topic));
}

TEST_P(Memory, TheNthCallFails)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    uint64_t before = tg_memory_call_count(cluster, TG_MEMORY_CALL_SEND);
    tg_memory_fault fault = {};
    fault.call = TG_MEMORY_CALL_SEND;
    fault.nth = 3;
    fault.code = TG_CODE_KAFKA;
    tg_memory_inject(cluster, &fault);
    for (int i = 0; i < 2; i++)
        TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    TG_EXPECT_OK(tg_producer_flush(producer.get(), 1000, &error));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v"))); // told by the delivery
    EXPECT_EQ(TG_CODE_KAFKA, tg_producer_flush(producer.get(), 1000, &error));
    EXPECT_EQ(TG_CODE_KAFKA, tg_producer_commit(producer.get(), 1000, &error));
    EXPECT_EQ(before + 3, tg_memory_call_count(cluster, TG_MEMORY_CALL_SEND));
    TG_EXPECT_OK(tg_producer_abort(producer.get(), 1000, &error));
}

// A program that goes on after a resent commit loses the atomicity of its next transaction: what the taint
// rule prevents.
TEST_P(Memory, ALateCommitActsOnTheNextTransactionOfTheSameInstance)
{
    std::string topic = make_topic("t", 1);
    Membership membership;
    Consumer consumer = open_joined(topic, membership);
    Producer producer = open_transactional(name("x"));
    tg_memory_hold_commit(cluster, name("x").c_str(), TG_MEMORY_HOLD_RESENT);
    begin_with_offset(producer, consumer, topic, 1);
    TG_ASSERT_OK(tg_producer_commit(producer.get(), 1000, &error)) << "nothing is to be seen in the answer";
    EXPECT_TRUE(tg_producer_tainted(producer.get()));

    begin_with_offset(producer, consumer, topic, 2);
    TG_ASSERT_OK(tg_memory_deliver_commit(cluster, name("x").c_str(), &error));
    EXPECT_EQ(2, group_offset(name("g"), topic).offset)
        << "offsets are committed, the transaction is not over";
    EXPECT_EQ(TG_OK, send(producer, topic, 0, Text("k"), Text("rest")));
    EXPECT_NE(TG_OK, tg_producer_flush(producer.get(), 1000, &error));
    EXPECT_NE(TG_OK, tg_producer_abort(producer.get(), 1000, &error));
    EXPECT_TRUE(error.fatal);
}

TEST_P(Memory, ALateCommitIsRefusedAfterTheNextInit)
{
    std::string topic = make_topic("t", 1);
    Membership membership;
    Consumer consumer = open_joined(topic, membership);
    Producer producer = open_transactional(name("x"));
    tg_memory_hold_commit(cluster, name("x").c_str(), TG_MEMORY_HOLD_TIMED_OUT);
    begin_with_offset(producer, consumer, topic, 1);
    EXPECT_EQ(TG_CODE_KAFKA_TIMED_OUT, tg_producer_commit(producer.get(), 1000, &error));
    EXPECT_TRUE(tg_producer_tainted(producer.get()));

    producer = open_transactional(name("x")); // resolve: the new instance aborts what is open
    EXPECT_FALSE(tg_producer_tainted(producer.get()));
    tg_offset own = offset_of(topic, 0, TG_OFFSET_NONE);
    TG_ASSERT_OK(tg_consumer_committed(consumer.get(), &own, 1, 1000, arena.get(), &error));
    EXPECT_EQ(TG_OFFSET_NONE, own.offset) << "aborted";
    begin_with_offset(producer, consumer, topic, 1);
    EXPECT_EQ(TG_CODE_KAFKA_FENCED, tg_memory_deliver_commit(cluster, name("x").c_str(), &error));
    TG_ASSERT_OK(tg_producer_commit(producer.get(), 1000, &error));
    EXPECT_EQ(1u, visible(topic));
    EXPECT_EQ(TG_CODE_USAGE, tg_memory_deliver_commit(cluster, name("x").c_str(), &error))
        << "nothing is held";
}

TEST_P(Memory, AStoppedMemberLosesItsPartitionsAndCannotCommit)
{
    std::string topic = make_topic("t", 2);
    Membership first;
    Membership second;
    Consumer a = open_joined(topic, first);
    Consumer b = open_member(name("g"), second);
    Metadata old = metadata_of(a);
    tg_memory_expire_session(a.get());
    subscribe(b, {topic});
    std::vector<Received> received;
    ASSERT_EQ(TG_OK, poll(b, received));
    EXPECT_EQ(2u, second.partitions.size());
    EXPECT_EQ(2u, first.partitions.size()) << "it has not noticed";

    tg_offset offset = offset_of(topic, 0, 1);
    EXPECT_EQ(TG_CODE_KAFKA_FENCED, tg_consumer_commit(a.get(), &offset, 1, &error));
    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    EXPECT_EQ(TG_CODE_KAFKA_FENCED,
              tg_producer_send_offsets(producer.get(), &offset, 1, old.get(), 1000, &error));
    TG_ASSERT_OK(tg_producer_abort(producer.get(), 1000, &error));

    ASSERT_EQ(TG_OK, poll(a, received)); // wakes up: lost, and joins again
    EXPECT_EQ(1, first.losses);
    ASSERT_TRUE(poll_until({&a, &b}, received,
                           [&] { return first.partitions.size() == 1 && second.partitions.size() == 1; }));
}

TEST_P(Memory, AKilledMemberIsMissedWhenItsSessionEnds)
{
    std::string topic = make_topic("t", 2);
    Membership first;
    Membership second;
    Consumer a = open_joined(topic, first);
    Consumer b = open_member(name("g"), second);
    subscribe(b, {topic});
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&a, &b}, received,
                           [&] { return first.partitions.size() == 1 && second.partitions.size() == 1; }));
    tg_memory_kill_consumer(a.release());
    ASSERT_EQ(TG_OK, poll(b, received));
    EXPECT_EQ(1u, second.partitions.size());
    tg_clock_virtual_advance(clock, 6001);
    ASSERT_TRUE(poll_until({&b}, received, [&] { return second.partitions.size() == 2; }));
}

TEST_P(Memory, AMemberThatDoesNotPollIsOut)
{
    std::string topic = make_topic("t", 1);
    std::string group = name("g");
    Membership membership;
    tg_consumer_options options = {};
    options.group = group.c_str();
    options.isolation = TG_READ_COMMITTED;
    options.max_poll_interval_ms = 1000;
    options.notify_descriptor = -1;
    options.listener = membership.listener();
    Consumer consumer = open_consumer(options);
    membership.consumer = consumer.get();
    subscribe(consumer, {topic});
    std::vector<Received> received;
    ASSERT_EQ(TG_OK, poll(consumer, received));
    EXPECT_EQ(1, membership.assignments);
    tg_clock_virtual_advance(clock, 1001);
    ASSERT_EQ(TG_OK, poll(consumer, received));
    EXPECT_EQ(1, membership.losses);
    EXPECT_EQ(2, membership.assignments) << "it joined again";
}

TEST_P(Memory, ATopicThatAppearsIsAssigned)
{
    Membership membership;
    std::string topic = name("later");
    Consumer consumer = open_member(name("g"), membership);
    subscribe(consumer, {topic});
    std::vector<Received> received;
    EXPECT_EQ(TG_CODE_TOPIC_UNKNOWN, poll(consumer, received));
    EXPECT_TRUE(error.retriable);
    EXPECT_EQ(topic, make_topic("later", 3));
    ASSERT_TRUE(poll_until({&consumer}, received, [&] { return membership.partitions.size() == 3; }));
}

TEST_P(Memory, PollAndReleaseCopyAndAllocateNothing)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_producer();
    for (int i = 0; i < 2000; i++)
        TG_ASSERT_OK(send(producer, topic, 0, Text("key"), Text("value")));
    Consumer reader = open_reader(TG_READ_COMMITTED);
    assign(reader, topic, 0, 0);
    static tg_message messages[2000];
    uint32_t count = 0;
    uint64_t before = tg_allocation_count();
    TG_ASSERT_OK(tg_consumer_poll(reader.get(), messages, 2000, 0, &count, &error));
    ASSERT_EQ(2000u, count);
    // records that were polled outlive their deletion from the log
    uint64_t polled = tg_allocation_count();
    TG_ASSERT_OK(tg_admin_delete_records(cluster, topic.c_str(), 0, 2000, 1000, &error));
    EXPECT_EQ("value", text(messages[0].value));
    EXPECT_EQ("key", text(messages[1999].key));
    tg_consumer_release(reader.get(), messages, count);
    EXPECT_EQ(before, polled);
    EXPECT_EQ(polled, tg_allocation_count());
    EXPECT_EQ(2000, end_offset(topic, TG_READ_COMMITTED, TG_OFFSET_EARLIEST));
}

TEST_P(Memory, TwoThreadsPassRecordsOverTheRealClock)
{
    tg_memory_cluster_options options = {};
    options.clock = tg_clock_real();
    options.auto_create_topics = true;
    options.default_partitions = 1;
    tg_cluster *shared = tg_cluster_open_memory(&options);
    std::swap(shared, cluster);
    {
        std::string topic = name("auto");
        Membership membership;
        Consumer consumer = open_member(name("g"), membership);
        subscribe(consumer, {topic});
        std::thread writer([this, topic] {
            tg_producer_options producer_options = {};
            tg_producer *producer = nullptr;
            struct tg_producer_topic *target = nullptr;
            ASSERT_EQ(TG_OK, tg_producer_open(cluster, &producer_options, &producer, nullptr));
            ASSERT_EQ(TG_OK, tg_producer_topic(producer, topic.c_str(), &target, nullptr));
            for (int i = 0; i < 1000; i++) {
                tg_outgoing record = {};
                record.topic = target;
                record.value = tg_slice_text("v");
                EXPECT_EQ(TG_OK, tg_producer_send(producer, &record, nullptr));
            }
            tg_producer_close(producer);
        });
        std::vector<Received> received;
        while (offsets_of(received).size() < 1000)
            ASSERT_EQ(TG_OK, poll(consumer, received, 1000));
        writer.join();
        EXPECT_EQ(1000u, offsets_of(received).size());
    }
    std::swap(shared, cluster);
    tg_cluster_close(shared);
}

} // namespace turgo
