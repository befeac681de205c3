import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What the tests ask of a broker, with Apache Kafka's own Java clients: the checkers share no code and no client library with
 * the program they check. Records go as tab-separated lines, bytes in hex, "-" for none.
 *
 *   produce SERVERS           lines "topic partition timestamp key value" from standard input; partition -1: by key
 *   read SERVERS LEVEL TOPIC  committed or uncommitted records up to the present end, then exit
 *   follow SERVERS TOPIC...   committed records as they come, until killed
 *   group SERVERS GROUP       committed offsets of a group: "topic partition offset metadata"
 *   ends SERVERS TOPIC...     "topic partition end-of-committed end"
 *   create SERVERS            lines "topic partitions name=value ..." from standard input; topics that exist are left alone
 *   truncate SERVERS TOPIC PARTITION OFFSET   deletes the records before the offset
 *   hang SERVERS TOPIC PARTITION              a record in a transaction that is left open for ten minutes
 *   release SERVERS TOPIC     ends the transaction that was left open on the topic
 *   evict SERVERS GROUP...    removes all members from the groups, as if their sessions had ended
 *   train SERVERS             opens and closes each kind of client: the JVM writes an archive of the classes that this needs
 *   delete SERVERS TOPIC...   waits until they are gone; topics that do not exist are no error
 *   serve SERVERS             any of these one after the other, in one JVM: a line "lines command argument ...", then so many
 *                             lines of input; answers with the command's output and "= " or "= what went wrong"
 */
public final class KafkaTool {
    private static final HexFormat HEX = HexFormat.of();
    private static final List<KafkaProducer<?, ?>> left = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16), false);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        if (arguments[0].equals("serve"))
            serve(arguments[1], input, out);
        else
            run(arguments, input.lines().iterator(), out);
        out.flush();
    }

    private static void serve(String servers, BufferedReader input, PrintStream out) throws Exception {
        for (String line; (line = input.readLine()) != null;) {
            List<String> request = new ArrayList<>(List.of(line.split("\t", -1)));
            Iterator<String> lines = input.lines().limit(Long.parseLong(request.remove(0))).iterator();
            request.add(1, servers);
            String wrong = "";
            try {
                run(request.toArray(new String[0]), lines, out);
            } catch (Exception exception) {
                StringWriter trace = new StringWriter();
                exception.printStackTrace(new PrintWriter(trace));
                wrong = trace.toString().replaceAll("\\s+", " ");
            }
            while (lines.hasNext()) // of a command that failed
                lines.next();
            out.println("= " + wrong);
            out.flush();
        }
    }

    private static void run(String[] arguments, Iterator<String> input, PrintStream out) throws Exception {
        switch (arguments[0]) {
            case "produce" -> produce(arguments[1], input);
            case "read" -> read(arguments[1], arguments[2], List.of(arguments).subList(3, arguments.length), out, false);
            case "follow" -> read(arguments[1], "committed", List.of(arguments).subList(2, arguments.length), out, true);
            case "group" -> group(arguments[1], arguments[2], out);
            case "ends" -> ends(arguments[1], List.of(arguments).subList(2, arguments.length), out);
            case "create" -> create(arguments[1], input);
            case "truncate" -> truncate(arguments);
            case "hang" -> hang(arguments);
            case "release" -> release(arguments);
            case "evict" -> evict(arguments[1], List.of(arguments).subList(2, arguments.length));
            case "train" -> train(arguments[1], out);
            case "delete" -> delete(arguments[1], List.of(arguments).subList(2, arguments.length));
            default -> throw new IllegalArgumentException("unknown command " + arguments[0]);
        }
    }

    private static byte[] bytes(String text) {
        return text.equals("-") ? null : HEX.parseHex(text);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "-" : HEX.formatHex(bytes);
    }

    private static void produce(String servers, Iterator<String> input) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", servers);
        properties.put("acks", "all");
        properties.put("linger.ms", "5");
        properties.put("max.block.ms", "300000");
        properties.put("max.request.size", "20000000");
        List<java.util.concurrent.Future<?>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            while (input.hasNext()) {
                String[] field = input.next().split("\t", -1);
                Integer partition = field[1].equals("-1") ? null : Integer.valueOf(field[1]);
                sent.add(producer.send(new ProducerRecord<>(field[0], partition, Long.valueOf(field[2]), bytes(field[3]), bytes(field[4]))));
            }
            producer.flush();
            for (java.util.concurrent.Future<?> future : sent)
                future.get();
        }
    }

    private static KafkaProducer<byte[], byte[]> hanging(String[] arguments) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", arguments[1]);
        properties.put("transactional.id", "hang-" + arguments[2]);
        properties.put("transaction.timeout.ms", "600000");
        KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    /* The producer is not closed: that would abort the transaction. */
    private static void hang(String[] arguments) throws Exception {
        KafkaProducer<byte[], byte[]> producer = hanging(arguments);
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(arguments[2], Integer.valueOf(arguments[3]), null, "{}".getBytes())).get();
        left.add(producer);
    }

    /* A producer that begins with the same transactional id ends what the one before has left open. */
    private static void release(String[] arguments) {
        hanging(arguments).close();
    }

    /* Sessions that end meanwhile make a removal fail, of the member or of all: what counts is that nobody is left. */
    private static void evict(String servers, List<String> groups) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            for (String group : groups) {
                long deadline = System.nanoTime() + 100_000_000_000L;
                while (!admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().isEmpty()) {
                    try {
                        admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions()).all().get();
                    } catch (ExecutionException exception) {
                        if (System.nanoTime() > deadline)
                            throw exception;
                        Thread.sleep(20);
                    }
                }
            }
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String servers, String level) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", servers);
        properties.put("isolation.level", "read_" + level);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, List<String> topics) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics)
            consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        return partitions;
    }

    private static void read(String servers, String level, List<String> topics, PrintStream out, boolean follow) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(servers, level)) {
            List<TopicPartition> partitions = partitions(consumer, topics);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (follow || partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200)))
                    out.println(record.topic() + "\t" + record.partition() + "\t" + record.offset() + "\t" + record.timestamp() + "\t"
                            + text(record.key()) + "\t" + text(record.value()));
                if (follow)
                    out.flush();
            }
        }
    }

    private static void group(String servers, String group, PrintStream out) throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            offsets.forEach((partition, offset) -> out.println(
                    partition.topic() + "\t" + partition.partition() + "\t" + offset.offset() + "\t" + offset.metadata()));
        }
    }

    private static void train(String servers, PrintStream out) throws Exception {
        group(servers, "nobody", out);
        produce(servers, List.<String>of().iterator());
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(servers, "committed")) {
            consumer.listTopics();
        }
    }

    private static void truncate(String[] arguments) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[1]))) {
            TopicPartition partition = new TopicPartition(arguments[2], Integer.parseInt(arguments[3]));
            policy(admin, arguments[2], "compact,delete"); // of a topic that is only compacted nothing can be deleted
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(Long.parseLong(arguments[4])))).all().get();
            policy(admin, arguments[2], "compact");
        }
    }

    private static void policy(Admin admin, String topic, String value) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        AlterConfigOp set = new AlterConfigOp(new ConfigEntry("cleanup.policy", value), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
    }

    private static void ends(String servers, List<String> topics, PrintStream out) {
        try (KafkaConsumer<byte[], byte[]> committed = consumer(servers, "committed");
                KafkaConsumer<byte[], byte[]> uncommitted = consumer(servers, "uncommitted")) {
            List<TopicPartition> partitions = partitions(committed, topics);
            Map<TopicPartition, Long> stable = committed.endOffsets(partitions);
            Map<TopicPartition, Long> high = uncommitted.endOffsets(partitions);
            for (TopicPartition partition : partitions)
                out.println(partition.topic() + "\t" + partition.partition() + "\t" + stable.get(partition) + "\t" + high.get(partition));
        }
    }

    private static boolean isCausedBy(ExecutionException exception, Class<?> kind) {
        return kind.isInstance(exception.getCause());
    }

    private static void create(String servers, Iterator<String> input) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            while (input.hasNext()) {
                String[] field = input.next().split("\t", -1);
                Map<String, String> settings = new HashMap<>();
                for (int i = 2; i < field.length; i++)
                    settings.put(field[i].substring(0, field[i].indexOf('=')), field[i].substring(field[i].indexOf('=') + 1));
                try {
                    admin.createTopics(List.of(new NewTopic(field[0], Integer.parseInt(field[1]), (short) 1).configs(settings))).all().get();
                } catch (ExecutionException exception) {
                    if (!isCausedBy(exception, TopicExistsException.class))
                        throw exception;
                }
                awaitTopic(admin, field[0]);
            }
        }
    }

    /* The controller has made the topic; a busy broker may hear of it a moment later, and would deny it until then. */
    private static void awaitTopic(Admin admin, String topic) throws Exception {
        for (long deadline = System.nanoTime() + 30_000_000_000L;;) {
            try {
                admin.describeTopics(List.of(topic)).allTopicNames().get();
                return;
            } catch (ExecutionException exception) {
                if (!isCausedBy(exception, UnknownTopicOrPartitionException.class) || System.nanoTime() > deadline)
                    throw exception;
                Thread.sleep(20);
            }
        }
    }

    private static void delete(String servers, List<String> topics) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            for (String topic : topics) {
                try {
                    admin.deleteTopics(List.of(topic)).all().get();
                } catch (ExecutionException exception) {
                    if (!isCausedBy(exception, UnknownTopicOrPartitionException.class))
                        throw exception;
                }
            }
            while (admin.listTopics().names().get().stream().anyMatch(topics::contains))
                Thread.sleep(20);
        }
    }
}
