// Random records through every kind of join of Kafka Streams, on its TopologyTestDriver. Prints a test file for `turgo test`: the
// same join in SQL, the records, and what Kafka Streams made of them, record by record.
//     java -cp 'lib/*' JoinAgreement.java <first seed> <seeds>
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.test.TestRecord;

public class JoinAgreement {
    // Values are the texts of numbers; those of the left table of a foreign-key join are "<foreign key>/<number>".
    record Row(String topic, String key, String value, long time) {}

    enum How { INNER, LEFT, RIGHT, FULL }

    enum What { STREAM_STREAM, STREAM_TABLE, TABLE_TABLE, FOREIGN_KEY }

    // history: the retention of the tables' versions, 0: none is kept.
    record Shape(What what, How how, long before, long after, long grace, long history) {
        Shape(What what, How how, long history) {
            this(what, how, 0, 0, 0, history);
        }

        String name() {
            String name = what + " " + how;
            if (history > 0)
                name += " history " + history;
            return what == What.STREAM_STREAM ? name + " (" + before + ", " + after + ") grace " + grace : name;
        }
    }

    static final ValueJoiner<String, String, String> PAIR = (left, right) -> left + "," + right;
    static final ValueJoiner<String, String, String> REVERSED = (right, left) -> left + "," + right;

    static JoinWindows windows(Shape shape) throws Exception {
        if (shape.grace >= 0)
            return JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(shape.before), Duration.ofMillis(shape.grace))
                .after(Duration.ofMillis(shape.after));
        // What ksqlDB makes of a join without a grace period: rows without a match come at once.
        Constructor<JoinWindows> made =
            JoinWindows.class.getDeclaredConstructor(long.class, long.class, long.class, boolean.class);
        made.setAccessible(true);
        return made.newInstance(shape.before, shape.after, Math.max(86400000L - 2 * shape.before, 0), false);
    }

    static KTable<String, String> table(Shape shape, StreamsBuilder builder, String topic) {
        if (shape.history == 0)
            return builder.table(topic);
        return builder.table(topic, Materialized.as(Stores.persistentVersionedKeyValueStore(
                                        "versions-" + topic, Duration.ofMillis(shape.history))));
    }

    static KStream<String, String> join(Shape shape, StreamsBuilder builder) throws Exception {
        if (shape.what == What.STREAM_STREAM) {
            KStream<String, String> left = builder.stream("l"), right = builder.stream("r");
            JoinWindows windows = windows(shape);
            return switch (shape.how) {
                case INNER -> left.join(right, PAIR, windows);
                case LEFT -> left.leftJoin(right, PAIR, windows);
                case RIGHT -> right.leftJoin(left, REVERSED, windows);
                case FULL -> left.outerJoin(right, PAIR, windows);
            };
        }
        KTable<String, String> right = table(shape, builder, "r");
        if (shape.what == What.STREAM_TABLE) {
            KStream<String, String> left = builder.stream("l");
            return shape.how == How.INNER ? left.join(right, PAIR) : left.leftJoin(right, PAIR);
        }
        KTable<String, String> left = table(shape, builder, "l");
        if (shape.what == What.FOREIGN_KEY) {
            ValueJoiner<String, String, String> number = (l, r) -> l.substring(l.indexOf('/') + 1) + "," + r;
            return (shape.how == How.INNER ? left.join(right, JoinAgreement::foreignKey, number)
                                           : left.leftJoin(right, JoinAgreement::foreignKey, number))
                .toStream();
        }
        return (switch (shape.how) {
            case INNER -> left.join(right, PAIR);
            case LEFT -> left.leftJoin(right, PAIR);
            case RIGHT -> right.leftJoin(left, REVERSED);
            case FULL -> left.outerJoin(right, PAIR);
        }).toStream();
    }

    static String foreignKey(String value) {
        String key = value.substring(0, value.indexOf('/'));
        return key.isEmpty() ? null : key;
    }

    // Disorder, late rows, jumps, few keys, null keys and values (tombstones of tables).
    static List<Row> rows(Shape shape, Random random) {
        List<Row> rows = new ArrayList<>();
        long now = 50 + random.nextInt(100);
        int count = 30 + random.nextInt(60), keys = 1 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            now += random.nextInt(6);
            if (random.nextInt(40) == 0)
                now += 100;
            long time = random.nextInt(3) == 0 ? Math.max(0, now - random.nextInt(60)) : now;
            boolean left = random.nextBoolean();
            boolean isTable = left ? shape.what.ordinal() >= What.TABLE_TABLE.ordinal() : shape.what != What.STREAM_STREAM;
            String key = random.nextInt(20) == 0 ? null : "k" + random.nextInt(keys);
            String value = random.nextInt(isTable ? 6 : 20) == 0 ? null : "" + (isTable ? random.nextInt(5) : i);
            if (left && value != null && shape.what == What.FOREIGN_KEY)
                value = (random.nextInt(8) == 0 ? "" : "k" + random.nextInt(keys)) + "/" + value;
            Row row = new Row(left ? "l" : "r", key, value, time);
            if (!isTable || shape.history == 0 || value != null || !replaces(rows, row))
                rows.add(row);
        }
        return rows;
    }

    // Kafka Streams' versioned stores forget a tombstone that has the time of the version that it deletes: an older record that comes
    // behind it is the newest version then. Ours remember it.
    static boolean replaces(List<Row> rows, Row row) {
        return rows.stream().anyMatch(other -> other.topic.equals(row.topic) && other.time == row.time && row.key != null &&
                                      row.key.equals(other.key));
    }

    static List<TestRecord<String, String>> run(Shape shape, List<Row> rows, Path directory) throws Exception {
        Properties config = new Properties();
        config.put("application.id", "agreement");
        config.put("bootstrap.servers", "none:1");
        config.put("default.key.serde", Serdes.StringSerde.class);
        config.put("default.value.serde", Serdes.StringSerde.class);
        config.put("statestore.cache.max.bytes", 0);
        config.put("state.dir", directory.toString());
        config.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
        // Its window stores in memory count records without a value to the time they have seen, those on disk do not.
        if (shape.what != What.STREAM_STREAM)
            config.put("dsl.store.suppliers.class",
                       "org.apache.kafka.streams.state.BuiltInDslStoreSuppliers$InMemoryDslStoreSuppliers");
        StreamsBuilder builder = new StreamsBuilder();
        join(shape, builder).to("out");
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(config), config, Instant.EPOCH)) {
            TestInputTopic<String, String> left = driver.createInputTopic("l", new StringSerializer(), new StringSerializer());
            TestInputTopic<String, String> right = driver.createInputTopic("r", new StringSerializer(), new StringSerializer());
            TestOutputTopic<String, String> out =
                driver.createOutputTopic("out", new StringDeserializer(), new StringDeserializer());
            for (Row row : rows)
                (row.topic.equals("l") ? left : right).pipeInput(row.key, row.value, row.time);
            return out.readRecordsToList();
        }
    }

    static String statements(Shape shape) {
        boolean leftIsTable = shape.what.ordinal() >= What.TABLE_TABLE.ordinal();
        boolean rightIsTable = shape.what != What.STREAM_STREAM;
        String sides = "";
        for (String side : new String[] {"L", "R"}) {
            boolean isTable = side.equals("L") ? leftIsTable : rightIsTable;
            String fields = side.equals("L") && shape.what == What.FOREIGN_KEY ? "F STRING, V INT" : "V INT";
            sides += "\"CREATE " + (isTable ? "TABLE " : "STREAM ") + side + " (K STRING " + (isTable ? "PRIMARY " : "") +
                "KEY, " + fields + ") WITH (kafka_topic='" + side.toLowerCase() + "', value_format='JSON'" +
                (isTable && shape.history > 0 ? ", history_retention='" + shape.history + " MILLISECONDS'" : "") + ");\", ";
        }
        String key = shape.how == How.FULL ? "ROWKEY" : "L.K";
        if (shape.how == How.RIGHT)
            key = "R.K";
        String within = "";
        if (shape.what == What.STREAM_STREAM)
            within = "WITHIN (" + shape.before + " MILLISECONDS, " + shape.after + " MILLISECONDS) " +
                (shape.grace < 0 ? "" : "GRACE PERIOD " + shape.grace + " MILLISECONDS ");
        return "[" + sides + "\"CREATE " + (leftIsTable ? "TABLE" : "STREAM") + " O WITH (kafka_topic='out') AS SELECT " + key +
            ", L.V AS LV, R.V AS RV FROM L " + (shape.how == How.FULL ? "FULL OUTER" : shape.how.toString()) + " JOIN R " + within +
            "ON L." + (shape.what == What.FOREIGN_KEY ? "F" : "K") + " = R.K;\"]";
    }

    static String quoted(String text) {
        return text == null ? "null" : "\"" + text + "\"";
    }

    static String input(Shape shape, Row row) {
        String value = "null";
        if (row.value != null && row.value.contains("/"))
            value = "{\"F\": " + quoted(foreignKey(row.value)) + ", \"V\": " + row.value.substring(row.value.indexOf('/') + 1) + "}";
        else if (row.value != null)
            value = "{\"V\": " + row.value + "}";
        return "{\"topic\": \"" + row.topic + "\", \"key\": " + quoted(row.key) + ", \"value\": " + value +
            ", \"timestamp\": " + row.time + "}";
    }

    static String output(TestRecord<String, String> record) {
        String value = "null";
        if (record.value() != null) {
            String[] pair = record.value().split(",");
            value = "{\"LV\": " + pair[0] + ", \"RV\": " + pair[1] + "}";
        }
        return "{\"topic\": \"out\", \"key\": " + quoted(record.key()) + ", \"value\": " + value +
            ", \"timestamp\": " + record.timestamp() + "}";
    }

    static List<Shape> shapes(Random random) {
        List<Shape> shapes = new ArrayList<>();
        for (How how : How.values()) {
            long size = random.nextInt(25);
            shapes.add(new Shape(What.STREAM_STREAM, how, size, size, random.nextInt(20), 0));
            shapes.add(new Shape(What.STREAM_STREAM, how, random.nextInt(25), random.nextInt(25), random.nextInt(20), 0));
            shapes.add(new Shape(What.STREAM_STREAM, how, random.nextInt(25), random.nextInt(25), -1, 0));
            shapes.add(new Shape(What.TABLE_TABLE, how, 0));
        }
        for (How how : new How[] {How.INNER, How.LEFT}) {
            shapes.add(new Shape(What.STREAM_TABLE, how, 0));
            shapes.add(new Shape(What.FOREIGN_KEY, how, 0));
        }
        for (How how : How.values())
            shapes.add(new Shape(What.TABLE_TABLE, how, 10 + random.nextInt(200)));
        for (How how : new How[] {How.INNER, How.LEFT}) {
            shapes.add(new Shape(What.STREAM_TABLE, how, 10 + random.nextInt(200)));
            shapes.add(new Shape(What.FOREIGN_KEY, how, 10 + random.nextInt(200)));
        }
        return shapes;
    }

    static void delete(Path directory) throws Exception {
        try (var paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList())
                Files.delete(path);
        }
    }

    public static void main(String[] arguments) throws Exception {
        long first = Long.parseLong(arguments[0]), count = Long.parseLong(arguments[1]);
        Path directory = Files.createTempDirectory("join-agreement");
        String separator = "{\"tests\": [\n";
        for (long seed = first; seed < first + count; seed++) {
            Random random = new Random(seed);
            for (Shape shape : shapes(random)) {
                List<Row> rows = rows(shape, random);
                List<TestRecord<String, String>> results = run(shape, rows, directory);
                System.out.print(separator + "{\"name\": \"seed " + seed + " " + shape.name() + "\",\n \"statements\": " +
                                 statements(shape) + ",\n \"inputs\": [\n  " +
                                 String.join(",\n  ", rows.stream().map(row -> input(shape, row)).toList()) +
                                 "],\n \"outputs\": [\n  " +
                                 String.join(",\n  ", results.stream().map(JoinAgreement::output).toList()) + "]}");
                separator = ",\n";
            }
        }
        System.out.println("\n]}");
        delete(directory);
    }
}
