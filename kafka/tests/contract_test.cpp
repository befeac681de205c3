// kafka/tests/contract_test.cpp: what both twins promise about logs, transactions and delivery.
#include "kafka/tests/twin_fixture.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace turgo
{

class Contract : public TwinTest
{
};
INSTANTIATE_TEST_SUITE_P(Twins, Contract, testing::Values(Twin::kMemory, Twin::kReal), twin_name);

// ---- admin ----

TEST_P(Contract, DescribesWhatItCreated)
{
    std::string topic = make_topic("t", 3, {{"cleanup.policy", "compact"}});
    int32_t count = 0;
    TG_ASSERT_OK(tg_admin_partition_count(cluster, topic.c_str(), 10000, &count, &error));
    EXPECT_EQ(3, count);
    const char *value = nullptr;
    TG_ASSERT_OK(
        tg_admin_topic_setting(cluster, topic.c_str(), "cleanup.policy", 10000, arena.get(), &value, &error));
    EXPECT_STREQ("compact", value);

    tg_topic_spec again = {topic.c_str(), 3, -1, nullptr, 0};
    EXPECT_EQ(TG_CODE_DUPLICATE_NAME, tg_admin_create_topic(cluster, &again, 10000, &error));
    TG_EXPECT_OK(tg_admin_delete_topic(cluster, topic.c_str(), 10000, &error));
}

// Two processes that begin at once make the same topics: who comes second must find what it is told to be
// there.
TEST_P(Contract, ATopicThatExistsCanBeDescribedAtOnce)
{
    for (int i = 0; i < 25; i++) {
        std::string topic = name("twice" + std::to_string(i));
        const tg_topic_spec spec = {topic.c_str(), 4, -1, nullptr, 0};
        auto create_and_count = [&](tg_code &created, int32_t &count) {
            tg_error failure = {};
            created = tg_admin_create_topic(cluster, &spec, 10000, &failure);
            TG_EXPECT_OK(tg_admin_partition_count(cluster, topic.c_str(), 10000, &count, &failure));
        };
        tg_code codes[2];
        int32_t counts[2] = {};
        std::thread other(create_and_count, std::ref(codes[1]), std::ref(counts[1]));
        create_and_count(codes[0], counts[0]);
        other.join();
        EXPECT_EQ(1, (codes[0] == TG_OK) + (codes[1] == TG_OK)) << codes[0] << ' ' << codes[1];
        EXPECT_EQ(1, (codes[0] == TG_CODE_DUPLICATE_NAME) + (codes[1] == TG_CODE_DUPLICATE_NAME));
        EXPECT_EQ(4, counts[0]);
        EXPECT_EQ(4, counts[1]);
        TG_EXPECT_OK(tg_admin_delete_topic(cluster, topic.c_str(), 10000, &error));
    }
}

TEST_P(Contract, ListsTopicsWithPartitionsAndReplicas)
{
    std::string topic = make_topic("t", 3);
    tg_topic_info *topics = nullptr;
    uint32_t count = 0;
    TG_ASSERT_OK(tg_admin_list_topics(cluster, 10000, arena.get(), &topics, &count, &error));
    const tg_topic_info *found =
        std::find_if(topics, topics + count, [&](const tg_topic_info &info) { return topic == info.name; });
    ASSERT_NE(found, topics + count);
    EXPECT_EQ(3, found->partition_count);
    EXPECT_EQ(1, found->replication_factor);
    TG_EXPECT_OK(tg_admin_delete_topic(cluster, topic.c_str(), 10000, &error));
}

TEST_P(Contract, ATopicThatIsMadeAgainHasAnotherId)
{
    std::string topic = name("again");
    uint64_t ids[3] = {};
    const tg_topic_spec spec = {topic.c_str(), 1, -1, nullptr, 0};
    TG_ASSERT_OK(tg_admin_create_topic(cluster, &spec, 10000, &error));
    TG_ASSERT_OK(tg_admin_topic_id(cluster, topic.c_str(), 10000, &ids[0], &error));
    TG_ASSERT_OK(tg_admin_topic_id(cluster, topic.c_str(), 10000, &ids[1], &error));
    EXPECT_NE(0u, ids[0]);
    EXPECT_EQ(ids[0], ids[1]);
    TG_ASSERT_OK(tg_admin_delete_topic(cluster, topic.c_str(), 10000, &error));
    enum tg_code code = TG_CODE_DUPLICATE_NAME;
    for (int i = 0; i < 1000 && code == TG_CODE_DUPLICATE_NAME; i++) // a broker takes its time to forget
        code = tg_admin_create_topic(cluster, &spec, 10000, &error);
    TG_ASSERT_OK(code);
    TG_ASSERT_OK(tg_admin_topic_id(cluster, topic.c_str(), 10000, &ids[2], &error));
    EXPECT_NE(ids[0], ids[2]);
    TG_EXPECT_OK(tg_admin_delete_topic(cluster, topic.c_str(), 10000, &error));
    EXPECT_EQ(TG_CODE_TOPIC_UNKNOWN,
              tg_admin_topic_id(cluster, name("nowhere").c_str(), 5000, &ids[0], &error));
}

TEST_P(Contract, UnknownTopicIsSaidToBeUnknown)
{
    std::string topic = name("nowhere");
    int32_t count = 0;
    EXPECT_EQ(TG_CODE_TOPIC_UNKNOWN, tg_admin_partition_count(cluster, topic.c_str(), 5000, &count, &error));
    EXPECT_NE(std::string::npos, std::string(error.message).find(topic)) << error.message;
    const char *value = nullptr;
    EXPECT_EQ(TG_CODE_TOPIC_UNKNOWN, tg_admin_topic_setting(cluster, topic.c_str(), "cleanup.policy", 5000,
                                                            arena.get(), &value, &error));
    tg_offset entry = offset_of(topic, 0, TG_OFFSET_LATEST);
    EXPECT_EQ(TG_CODE_TOPIC_UNKNOWN,
              tg_admin_list_offsets(cluster, &entry, 1, TG_READ_UNCOMMITTED, 5000, &error))
        << error.message;
    EXPECT_EQ(TG_CODE_TOPIC_UNKNOWN, tg_admin_delete_topic(cluster, topic.c_str(), 5000, &error));
}

TEST_P(Contract, QueuesMayBeOfAnySize)
{
    for (uint64_t bytes : {uint64_t{1}, uint64_t{300} << 10, uint64_t{1} << 20, uint64_t{1} << 34}) {
        SCOPED_TRACE(bytes);
        tg_consumer_options options = {};
        options.notify_descriptor = -1;
        options.queue_bytes_max = bytes;
        tg_consumer *consumer = nullptr;
        TG_EXPECT_OK(tg_consumer_open(cluster, &options, &consumer, &error));
        tg_consumer_close(consumer);
        tg_producer_options producing = {};
        producing.queue_bytes_max = bytes;
        tg_producer *producer = nullptr;
        TG_EXPECT_OK(tg_producer_open(cluster, &producing, &producer, &error));
        tg_producer_close(producer);
    }
}

TEST_P(Contract, ProbeFindsTheCluster)
{
    TG_EXPECT_OK(tg_cluster_probe(cluster, 10000, &error));
    EXPECT_EQ(!real(), tg_cluster_is_memory(cluster));
}

// ---- records ----

TEST_P(Contract, RecordsComeBackAsTheyWent)
{
    struct Case {
        Text key, value;
        int64_t timestamp_ms;
    };
    const Case cases[] = {
        {"key", "value", 1'700'000'000'123},
        {std::nullopt, "no key", 6},
        {"", "empty key", 1},
        {"tombstone", std::nullopt, 2},
        {"k", "", -5},
        {std::nullopt, std::nullopt, 4102444800000LL * 2},
        {std::string("\0\xff", 2), std::string("\0", 1), 5},
    };
    std::string topic = make_topic("t", 1);
    Producer producer = open_producer();
    for (const Case &one : cases)
        TG_ASSERT_OK(send(producer, topic, 0, one.key, one.value, one.timestamp_ms));
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));

    Consumer reader = open_reader(TG_READ_COMMITTED);
    assign(reader, topic, 0, TG_OFFSET_EARLIEST);
    std::vector<Received> received = read_to(reader, 7);
    ASSERT_EQ(8u, received.size());
    for (size_t i = 0; i < 7; i++) {
        EXPECT_EQ(TG_MESSAGE_RECORD, received[i].kind);
        EXPECT_EQ(cases[i].key, received[i].key) << i;
        EXPECT_EQ(cases[i].value, received[i].value) << i;
        EXPECT_EQ(cases[i].timestamp_ms, received[i].timestamp_ms) << i;
        EXPECT_EQ(static_cast<int64_t>(i), received[i].offset);
        EXPECT_GE(received[i].leader_epoch, 0);
    }
}

TEST_P(Contract, HeadersComeBackInOrder)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_producer();
    const tg_header headers[] = {
        {tg_slice_text("a"), tg_slice_text("1")},
        {tg_slice_text("a"), tg_slice_of(nullptr, 0)},
        {tg_slice_text("b"), tg_slice_of("", 0)},
    };
    tg_outgoing record = {};
    TG_ASSERT_OK(tg_producer_topic(producer.get(), topic.c_str(), &record.topic, &error));
    record.value = tg_slice_text("v");
    record.headers = headers;
    record.header_count = 3;
    TG_ASSERT_OK(tg_producer_send(producer.get(), &record, &error));
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));

    Consumer reader = open_reader(TG_READ_COMMITTED);
    assign(reader, topic, 0, 0);
    std::vector<Received> received = read_to(reader, 1);
    std::vector<std::pair<std::string, Text>> expected = {{"a", "1"}, {"a", std::nullopt}, {"b", ""}};
    EXPECT_EQ(expected, received[0].headers);
}

// Whatever stands before them, and whoever wrote the records around: headers are found, and none are made up.
TEST_P(Contract, HeadersAreFoundBehindAnyValue)
{
    std::string topic = make_topic("t", 1);
    const tg_header headers[] = {{tg_slice_text("h"), tg_slice_text("1")}};
    const std::string zeros(3, '\0');
    const tg_slice values[] = {tg_slice_of(nullptr, 0), tg_slice_of("", 0), tg_slice_text("v"),
                               tg_slice_of(reinterpret_cast<const uint8_t *>(zeros.data()), zeros.size())};
    Producer producer = open_producer();
    tg_outgoing record = {};
    TG_ASSERT_OK(tg_producer_topic(producer.get(), topic.c_str(), &record.topic, &error));
    record.headers = headers;
    for (const tg_slice &value : values) {
        for (uint32_t count = 0; count <= 1; count++) {
            record.value = value;
            record.header_count = count;
            TG_ASSERT_OK(tg_producer_send(producer.get(), &record, &error));
        }
    }
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));

    Consumer reader = open_reader(TG_READ_COMMITTED);
    assign(reader, topic, 0, 0);
    std::vector<Received> received = read_to(reader, 8);
    ASSERT_GE(received.size(), 8u);
    for (size_t i = 0; i < 8; i++)
        EXPECT_EQ(i % 2, received[i].headers.size()) << i;
}

TEST_P(Contract, DeliveredOffsetsAreKnownAfterAFlush)
{
    std::string topic = make_topic("t", 3);
    Producer producer = open_producer();
    struct tg_producer_topic *handle = nullptr;
    TG_ASSERT_OK(tg_producer_topic(producer.get(), topic.c_str(), &handle, &error));
    EXPECT_EQ(-1, tg_producer_delivered_offset(handle, 2));
    for (int i = 0; i < 5; i++)
        TG_ASSERT_OK(send(producer, topic, 2, Text("k"), Text("v")));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));
    EXPECT_EQ(4, tg_producer_delivered_offset(handle, 2));
    EXPECT_EQ(0, tg_producer_delivered_offset(handle, 0));
    EXPECT_EQ(-1, tg_producer_delivered_offset(handle, 1));
    struct tg_producer_topic *again = nullptr;
    TG_ASSERT_OK(tg_producer_topic(producer.get(), topic.c_str(), &again, &error));
    EXPECT_EQ(handle, again);
}

TEST_P(Contract, TooLargeARecordIsADeliveryError)
{
    std::string topic = make_topic("t", 1, {{"max.message.bytes", "1000"}});
    Producer producer = open_producer();
    EXPECT_EQ(TG_OK, tg_producer_delivery_status(producer.get(), &error));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), std::string(5000, 'x')));
    EXPECT_EQ(TG_CODE_KAFKA, tg_producer_flush(producer.get(), 10000, &error));
    EXPECT_EQ(TG_CODE_KAFKA, tg_producer_delivery_status(producer.get(), &error));
    EXPECT_NE(std::string::npos, std::string(error.message).find(topic)) << error.message;
}

TEST_P(Contract, AFailedDeliveryFailsTheTransaction)
{
    std::string topic = make_topic("t", 1, {{"max.message.bytes", "1000"}});
    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("small")));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), std::string(5000, 'x')));
    EXPECT_NE(TG_OK, tg_producer_flush(producer.get(), 10000, &error));
    EXPECT_NE(TG_OK, tg_producer_commit(producer.get(), 10000, &error));
    // what was refused left a gap in librdkafka's sequence numbers: the producer is replaced, as after any
    // doubt
    producer = open_transactional(name("x"));
    transact(producer, topic, 1, true);
    EXPECT_EQ(TG_OK, tg_producer_delivery_status(producer.get(), &error));
    Consumer reader = open_reader(TG_READ_COMMITTED);
    assign(reader, topic, 0, 0);
    EXPECT_EQ(1u, offsets_of(read_to(reader, end_offset(topic, TG_READ_COMMITTED))).size());
}

// ---- transactions ----

// Three records committed, two aborted, four committed, two open; control records at 3, 6 and 11.
TEST_P(Contract, OpenAndAbortedDataIsInvisibleToReadCommitted)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_transactional(name("x"));
    transact(producer, topic, 3, true);
    transact(producer, topic, 2, false);
    transact(producer, topic, 4, true);
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    for (int i = 0; i < 2; i++)
        TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("open")));
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));

    EXPECT_EQ(12, end_offset(topic, TG_READ_COMMITTED)) << "last stable offset";
    EXPECT_EQ(14, end_offset(topic, TG_READ_UNCOMMITTED)) << "high watermark";
    EXPECT_EQ(0, end_offset(topic, TG_READ_COMMITTED, TG_OFFSET_EARLIEST));

    Consumer committed = open_reader(TG_READ_COMMITTED);
    assign(committed, topic, 0, 0);
    std::vector<Received> received = read_to(committed, 12);
    EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 7, 8, 9, 10}), offsets_of(received));
    EXPECT_EQ(12, received.back().offset);

    Consumer uncommitted = open_reader(TG_READ_UNCOMMITTED);
    assign(uncommitted, topic, 0, 0);
    EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 4, 5, 7, 8, 9, 10, 12, 13}),
              offsets_of(read_to(uncommitted, 14)));

    TG_ASSERT_OK(tg_producer_commit(producer.get(), 10000, &error));
    received = read_to(committed, 15);
    EXPECT_EQ((std::vector<int64_t>{12, 13}), offsets_of(received));
    EXPECT_EQ(15, received.back().offset) << "the position is past the control record";
    EXPECT_EQ(15, end_offset(topic, TG_READ_COMMITTED));
    EXPECT_FALSE(tg_producer_tainted(producer.get()));
}

TEST_P(Contract, AnAbortOfWhatWasNotSentLeavesNothing)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    TG_ASSERT_OK(tg_producer_abort(producer.get(), 10000, &error));
    EXPECT_EQ(TG_OK, tg_producer_delivery_status(producer.get(), &error));
    transact(producer, topic, 1, true);
    Consumer reader = open_reader(TG_READ_COMMITTED);
    assign(reader, topic, 0, 0);
    std::vector<Received> received = read_to(reader, end_offset(topic, TG_READ_COMMITTED));
    ASSERT_EQ(1u, offsets_of(received).size());
    EXPECT_EQ("good", received[0].value);
}

TEST_P(Contract, AnEmptyTransactionCommits)
{
    Producer producer = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    TG_EXPECT_OK(tg_producer_commit(producer.get(), 10000, &error));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    TG_EXPECT_OK(tg_producer_abort(producer.get(), 10000, &error));
}

TEST_P(Contract, CallsInTheWrongOrderAreRefused)
{
    std::string topic = make_topic("t", 1);
    Producer fresh = open_producer(name("fresh"));
    EXPECT_NE(TG_OK, tg_producer_begin(fresh.get(), &error)) << "not initialised";

    Producer producer = open_transactional(name("x"));
    EXPECT_NE(TG_OK, send(producer, topic, 0, Text("k"), Text("v"))) << "outside a transaction";
    EXPECT_NE(TG_OK, tg_producer_commit(producer.get(), 5000, &error));
    TG_ASSERT_OK(tg_producer_begin(producer.get(), &error));
    EXPECT_NE(TG_OK, tg_producer_begin(producer.get(), &error)) << "twice";
    TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    TG_EXPECT_OK(tg_producer_commit(producer.get(), 10000, &error));
}

TEST_P(Contract, ASecondInitFencesTheFirstAndAbortsItsTransaction)
{
    std::string topic = make_topic("t", 1);
    Producer first = open_transactional(name("x"));
    TG_ASSERT_OK(tg_producer_begin(first.get(), &error));
    TG_ASSERT_OK(send(first, topic, 0, Text("k"), Text("zombie")));
    TG_ASSERT_OK(tg_producer_flush(first.get(), 10000, &error));

    Producer second = open_transactional(name("x"));
    EXPECT_EQ(end_offset(topic, TG_READ_UNCOMMITTED), end_offset(topic, TG_READ_COMMITTED))
        << "nothing is open";
    transact(second, topic, 1, true);

    tg_code code = tg_producer_commit(first.get(), 10000, &error);
    EXPECT_EQ(TG_CODE_KAFKA_FENCED, code) << error.message;
    EXPECT_TRUE(error.fatal);
    EXPECT_EQ(TG_CODE_KAFKA_FENCED, tg_producer_begin(first.get(), &error)) << "for ever";

    Consumer reader = open_reader(TG_READ_COMMITTED);
    assign(reader, topic, 0, 0);
    std::vector<Received> received = read_to(reader, end_offset(topic, TG_READ_COMMITTED));
    ASSERT_EQ(1u, offsets_of(received).size());
    EXPECT_EQ("good", received[0].value);
}

// ---- reading ----

TEST_P(Contract, AnOffsetThatIsGoneIsAnErrorOrReset)
{
    std::string topic = make_topic("t", 1);
    Producer producer = open_producer();
    for (int i = 0; i < 6; i++)
        TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));
    TG_ASSERT_OK(tg_admin_delete_records(cluster, topic.c_str(), 0, 4, 10000, &error));
    EXPECT_EQ(4, end_offset(topic, TG_READ_COMMITTED, TG_OFFSET_EARLIEST));

    Consumer strict = open_reader(TG_READ_COMMITTED, TG_RESET_ERROR);
    assign(strict, topic, 0, 1);
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&strict}, received, [&] { return !received.empty(); }));
    EXPECT_EQ(TG_MESSAGE_ERROR, received[0].kind);
    EXPECT_EQ(TG_CODE_OFFSET_OUT_OF_RANGE, received[0].code);

    Consumer lenient = open_reader(TG_READ_COMMITTED, TG_RESET_EARLIEST);
    assign(lenient, topic, 0, 1);
    EXPECT_EQ((std::vector<int64_t>{4, 5}), offsets_of(read_to(lenient, 6)));
}

TEST_P(Contract, AHandAssignedReaderSeeksPausesAndResumes)
{
    std::string topic = make_topic("t", 2);
    Producer producer = open_producer();
    for (int i = 0; i < 4; i++)
        TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));

    Consumer reader = open_reader(TG_READ_COMMITTED);
    tg_offset starts[] = {offset_of(topic, 1, 0), offset_of(topic, 0, 2)};
    TG_ASSERT_OK(tg_consumer_assign(reader.get(), starts, 2, &error));
    std::vector<Received> received;
    ASSERT_TRUE(poll_until({&reader}, received, [&] { return offsets_of(received).size() == 2; }));
    EXPECT_EQ((std::vector<int64_t>{2, 3}), offsets_of(received));
    for (const Received &one : received)
        EXPECT_EQ(one.partition == 0 ? 1u : 0u, one.tag) << "the index of the partition in the call";

    TG_ASSERT_OK(tg_consumer_pause(reader.get(), topic.c_str(), 0, &error));
    tg_offset seek = offset_of(topic, 0, 1);
    TG_ASSERT_OK(tg_consumer_seek(reader.get(), &seek, 1, 5000, &error));
    TG_ASSERT_OK(send(producer, topic, 1, Text("k"), Text("other")));
    TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));
    received.clear();
    ASSERT_TRUE(poll_until({&reader}, received, [&] { return !offsets_of(received).empty(); }));
    for (const Received &one : received)
        EXPECT_EQ(1, one.partition) << "partition 0 is paused";

    TG_ASSERT_OK(tg_consumer_resume(reader.get(), topic.c_str(), 0, &error));
    received.clear();
    ASSERT_TRUE(poll_until({&reader}, received, [&] { return offsets_of(received).size() == 3; }));
    EXPECT_EQ((std::vector<int64_t>{1, 2, 3}), offsets_of(received));
    tg_offset unknown = offset_of(topic, 7, 0);
    EXPECT_EQ(TG_CODE_USAGE, tg_consumer_seek(reader.get(), &unknown, 1, 5000, &error));
}

TEST_P(Contract, SomethingToPollShowsOnTheDescriptor)
{
    std::string topic = make_topic("t", 1);
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT_GE(descriptor, 0);
    {
        tg_consumer_options options = {};
        options.isolation = TG_READ_COMMITTED;
        options.notify_descriptor = descriptor;
        Consumer reader = open_consumer(options);
        assign(reader, topic, 0, 0);
        read_to(reader, 0);
        std::vector<Received> received;
        while (poll(reader, received, 0) == TG_OK && !received.empty())
            received.clear();
        uint64_t counter;
        (void)!read(descriptor, &counter, sizeof counter);

        Producer producer = open_producer();
        TG_ASSERT_OK(send(producer, topic, 0, Text("k"), Text("v")));
        TG_ASSERT_OK(tg_producer_flush(producer.get(), 10000, &error));
        ssize_t got = -1;
        for (int i = 0; i < 6000 && got < 0; i++) {
            got = read(descriptor, &counter, sizeof counter);
            if (got < 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        EXPECT_EQ(static_cast<ssize_t>(sizeof counter), got);
        EXPECT_EQ(1u, offsets_of(read_to(reader, 1)).size());
    }
    close(descriptor);
}

} // namespace turgo
