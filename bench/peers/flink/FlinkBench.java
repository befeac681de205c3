import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * The workloads as Flink SQL, in a mini cluster of this JVM with one slot: JSON format, object reuse, mini-batches for aggregates, state on the heap.
 *
 * FlinkBench WORKLOAD SERVERS APPLICATION SOURCE SINK RECORDS GUARANTEE STATE_FOLDER [name=value ...]
 *
 * Reads what the source has when it starts, writes all results and ends; prints the seconds of the job and the CPU seconds of all
 * Java threads, without the compiler's and the collector's.
 */
public final class FlinkBench {
    private static final String BIDS =
            "k BIGINT, auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` STRING, extra STRING";
    private static final String CHANNEL_ID = "REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2)";

    /** Columns of the source, columns of the sink behind its key, and the query. A key that is named is the primary key of a table. */
    private record Workload(String source, String sourceKey, String sinkKey, String sink, boolean isTable, String query) {}

    private static Workload bids(String sink, boolean isTable, String query) {
        return new Workload(BIDS, "k", "k BIGINT", sink, isTable, query);
    }

    private static Workload workload(String name) {
        return switch (name) {
            case "q1" -> bids("AUCTION BIGINT, BIDDER BIGINT, PRICE DECIMAL(23, 3), `DATETIME` STRING, EXTRA STRING", false,
                    "SELECT k, auction, bidder, CAST(0.908 AS DECIMAL(4, 3)) * CAST(price AS DECIMAL(19, 0)), `dateTime`, extra FROM source");
            case "q2" -> bids("AUCTION BIGINT, PRICE BIGINT", false, "SELECT k, auction, price FROM source WHERE MOD(auction, 123) = 0");
            case "q21" -> bids("AUCTION BIGINT, BIDDER BIGINT, PRICE BIGINT, CHANNEL STRING, CHANNEL_ID STRING", false,
                    "SELECT k, auction, bidder, price, channel, CASE LOWER(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' "
                            + "WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3' ELSE " + CHANNEL_ID + " END FROM source "
                            + "WHERE LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu') OR " + CHANNEL_ID + " IS NOT NULL");
            case "q22" -> bids("AUCTION BIGINT, BIDDER BIGINT, PRICE BIGINT, CHANNEL STRING, DIR1 STRING, DIR2 STRING, DIR3 STRING", false,
                    "SELECT k, auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3), SPLIT_INDEX(url, '/', 4), SPLIT_INDEX(url, '/', 5) "
                            + "FROM source");
            case "q17" -> bids("TOTAL_BIDS BIGINT, RANK1_BIDS BIGINT, RANK2_BIDS BIGINT, RANK3_BIDS BIGINT, MIN_PRICE BIGINT, "
                            + "MAX_PRICE BIGINT, AVG_PRICE DOUBLE, SUM_PRICE BIGINT", true,
                    "SELECT k, COUNT(*), COUNT(*) FILTER (WHERE price < 10000), COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000), "
                            + "COUNT(*) FILTER (WHERE price >= 1000000), MIN(price), MAX(price), CAST(SUM(price) AS DOUBLE) / COUNT(*), "
                            + "SUM(price) FROM source GROUP BY k");
            case "words" -> new Workload("line STRING", null, "word STRING", "N BIGINT", true,
                    "SELECT word, COUNT(*) FROM source CROSS JOIN UNNEST(SPLIT(line, ' ')) AS words (word) GROUP BY word");
            default -> throw new IllegalArgumentException("no workload " + name);
        };
    }

    private static String source(Workload workload, String servers, String group, String topic) {
        String key = workload.sourceKey == null ? ""
                : "'key.format' = 'raw', 'key.fields' = '" + workload.sourceKey + "', 'value.fields-include' = 'EXCEPT_KEY', ";
        return "CREATE TABLE source (" + workload.source + ") WITH ('connector' = 'kafka', 'topic' = '" + topic
                + "', 'properties.bootstrap.servers' = '" + servers + "', 'properties.group.id' = '" + group
                + "', 'properties.isolation.level' = 'read_committed', 'scan.startup.mode' = 'earliest-offset', "
                + "'scan.bounded.mode' = 'latest-offset', " + key + "'value.format' = 'json')";
    }

    private static String sink(Workload workload, String[] arguments) {
        String name = workload.sinkKey.split(" ")[0];
        boolean once = arguments[6].equals("exactly_once");
        String primary = workload.isTable ? ", PRIMARY KEY (" + name + ") NOT ENFORCED" : "";
        String fields = workload.isTable ? "" : "'key.fields' = '" + name + "', ";
        return "CREATE TABLE sink (" + workload.sinkKey + ", " + workload.sink + primary + ") WITH ('connector' = '"
                + (workload.isTable ? "upsert-kafka" : "kafka") + "', 'topic' = '" + arguments[4] + "', 'properties.bootstrap.servers' = '"
                + arguments[1] + "', 'properties.linger.ms' = '5', 'properties.transaction.timeout.ms' = '60000', 'key.format' = 'raw', "
                + fields + "'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY', 'sink.delivery-guarantee' = '"
                + (once ? "exactly-once', 'sink.transactional-id-prefix' = '" + arguments[2] + "'" : "at-least-once'") + ")";
    }

    /** CPU seconds of Java's threads, those that have ended since included. */
    private static final class Threads extends Thread {
        private final Map<Long, Long> taken = new HashMap<>();

        Threads() {
            setDaemon(true);
        }

        synchronized double look() {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            for (long id : threads.getAllThreadIds()) {
                taken.merge(id, Math.max(0, threads.getThreadCpuTime(id)), Math::max);
            }
            return taken.values().stream().mapToLong(Long::longValue).sum() / 1e9;
        }

        @Override
        public void run() {
            try {
                for (; ; Thread.sleep(20)) {
                    look();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Workload workload = workload(arguments[0]);
        Configuration configuration = new Configuration();
        for (String setting : Set.of("parallelism.default=1", "pipeline.object-reuse=true", "table.exec.mini-batch.enabled=true",
                "table.exec.mini-batch.allow-latency=100 ms", "table.exec.mini-batch.size=5000", "state.backend.type=hashmap",
                "execution.checkpointing.mode=" + (arguments[6].equals("exactly_once") ? "EXACTLY_ONCE" : "AT_LEAST_ONCE"),
                "execution.checkpointing.interval=" + (arguments[6].equals("exactly_once") ? "100 ms" : "1 s"),
                "execution.checkpointing.dir=file://" + arguments[7])) {
            configuration.setString(setting.split("=", 2)[0], setting.split("=", 2)[1]);
        }
        for (int i = 8; i < arguments.length; i++) {
            configuration.setString(arguments[i].split("=", 2)[0], arguments[i].split("=", 2)[1]);
        }
        TableEnvironment tables = TableEnvironment.create(
                EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(configuration).build());
        tables.executeSql(source(workload, arguments[1], arguments[2], arguments[3]));
        tables.executeSql(sink(workload, arguments));
        Threads threads = new Threads();
        double before = threads.look();
        threads.start();
        long began = System.nanoTime();
        tables.executeSql("INSERT INTO sink " + workload.query).await();
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf("{\"seconds\":%.6f,\"steady\":%.6f}%n", seconds, threads.look() - before);
        System.exit(0);
    }
}
