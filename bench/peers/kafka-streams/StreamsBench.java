import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/**
 * The workloads as a competent user of Kafka Streams writes them: typed Jackson serdes, RocksDB stores, default caches.
 *
 * StreamsBench WORKLOAD SERVERS APPLICATION SOURCE SINK RECORDS GUARANTEE STATE_FOLDER [name=value ...]
 *
 * Runs until RECORDS were processed and nothing came for a second, closes (which commits) and prints the seconds, the CPU
 * seconds of the whole process since it was RUNNING, and those of all threads but the JIT's in the second half.
 */
public final class StreamsBench {
    public record Bid(long auction, long bidder, long price, String channel, String url, String dateTime, String extra) {}

    public record Projected(
            @JsonProperty("AUCTION") long auction,
            @JsonProperty("BIDDER") long bidder,
            @JsonProperty("PRICE") BigDecimal price,
            @JsonProperty("DATETIME") String dateTime,
            @JsonProperty("EXTRA") String extra) {}

    public record Few(@JsonProperty("AUCTION") long auction, @JsonProperty("PRICE") long price) {}

    public record WithChannel(
            @JsonProperty("AUCTION") long auction,
            @JsonProperty("BIDDER") long bidder,
            @JsonProperty("PRICE") long price,
            @JsonProperty("CHANNEL") String channel,
            @JsonProperty("CHANNEL_ID") String channelId) {}

    public record Folders(
            @JsonProperty("AUCTION") long auction,
            @JsonProperty("BIDDER") long bidder,
            @JsonProperty("PRICE") long price,
            @JsonProperty("CHANNEL") String channel,
            @JsonProperty("DIR1") String dir1,
            @JsonProperty("DIR2") String dir2,
            @JsonProperty("DIR3") String dir3) {}

    public record Stats(
            @JsonProperty("TOTAL_BIDS") long count,
            @JsonProperty("RANK1_BIDS") long low,
            @JsonProperty("RANK2_BIDS") long middle,
            @JsonProperty("RANK3_BIDS") long high,
            @JsonProperty("MIN_PRICE") long min,
            @JsonProperty("MAX_PRICE") long max,
            @JsonProperty("AVG_PRICE") double average,
            @JsonProperty("SUM_PRICE") long sum) {
        Stats add(Bid bid) {
            long n = count + 1;
            long total = sum + bid.price;
            return new Stats(n, low + (bid.price < 10_000 ? 1 : 0), middle + (bid.price >= 10_000 && bid.price < 1_000_000 ? 1 : 0),
                    high + (bid.price >= 1_000_000 ? 1 : 0), Math.min(min, bid.price), Math.max(max, bid.price), (double) total / n, total);
        }
    }

    public record Count(@JsonProperty("BID_COUNT") long count) {}

    public record Line(String line) {}

    public record Words(@JsonProperty("N") long n) {}

    public record Keyed(long v) {}

    public record Sum(@JsonProperty("N") long n, @JsonProperty("S") long s) {}

    public record AuctionCount(@JsonProperty("AUCTION") long auction, @JsonProperty("NUM") long num) {}

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicLong SEEN = new AtomicLong();

    private static <T> Serde<T> json(Class<T> type) {
        Serializer<T> to = (topic, value) -> {
            try {
                return value == null ? null : JSON.writeValueAsBytes(value);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
        Deserializer<T> from = (topic, bytes) -> {
            try {
                return bytes == null ? null : JSON.readValue(bytes, type);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
        return Serdes.serdeFrom(to, from);
    }

    private static void q1(KStream<Long, Bid> bids, String sink) {
        BigDecimal ratio = new BigDecimal("0.908");
        bids.mapValues(b -> new Projected(b.auction, b.bidder, ratio.multiply(BigDecimal.valueOf(b.price)), b.dateTime, b.extra))
                .to(sink, Produced.with(Serdes.Long(), json(Projected.class)));
    }

    private static void q2(KStream<Long, Bid> bids, String sink) {
        bids.filter((key, b) -> b.auction % 123 == 0).mapValues(b -> new Few(b.auction, b.price))
                .to(sink, Produced.with(Serdes.Long(), json(Few.class)));
    }

    private static final Pattern CHANNEL_ID = Pattern.compile("(&|^)channel_id=([^&]*)");

    private static String channelId(Bid bid) {
        switch (bid.channel.toLowerCase()) {
            case "apple": return "0";
            case "google": return "1";
            case "facebook": return "2";
            case "baidu": return "3";
            default:
                Matcher matcher = CHANNEL_ID.matcher(bid.url);
                return matcher.find() ? matcher.group(2) : null;
        }
    }

    private static void q21(KStream<Long, Bid> bids, String sink) {
        bids.mapValues(b -> new WithChannel(b.auction, b.bidder, b.price, b.channel, channelId(b)))
                .filter((key, row) -> row.channelId != null).to(sink, Produced.with(Serdes.Long(), json(WithChannel.class)));
    }

    private static void q22(KStream<Long, Bid> bids, String sink) {
        bids.mapValues(b -> {
            String[] parts = b.url.split("/");
            return new Folders(b.auction, b.bidder, b.price, b.channel, parts[3], parts[4], parts[5]);
        }).to(sink, Produced.with(Serdes.Long(), json(Folders.class)));
    }

    private static void q17(KStream<Long, Bid> bids, String sink) {
        bids.groupByKey(Grouped.with(Serdes.Long(), json(Bid.class)))
                .aggregate(() -> new Stats(0, 0, 0, 0, Long.MAX_VALUE, Long.MIN_VALUE, 0, 0), (key, bid, stats) -> stats.add(bid),
                        Materialized.with(Serdes.Long(), json(Stats.class)))
                .toStream().to(sink, Produced.with(Serdes.Long(), json(Stats.class)));
    }

    private static void q5(KStream<Long, Bid> bids, String sink) {
        Duration size = Duration.ofSeconds(10);
        bids.groupByKey(Grouped.with(Serdes.Long(), json(Bid.class)))
                .windowedBy(TimeWindows.ofSizeAndGrace(size, Duration.ofSeconds(4)).advanceBy(Duration.ofSeconds(2)))
                .emitStrategy(EmitStrategy.onWindowClose())
                .count(Materialized.with(Serdes.Long(), Serdes.Long()))
                .toStream().map((window, n) -> KeyValue.pair(window, new AuctionCount(window.key(), n)))
                .to(sink, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(Long.class, size.toMillis()), json(AuctionCount.class)));
    }

    private static void q11(KStream<Long, Bid> bids, String sink) {
        bids.groupBy((key, b) -> b.bidder, Grouped.with(Serdes.Long(), json(Bid.class)))
                .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(10), Duration.ofDays(1)))
                .count(Materialized.with(Serdes.Long(), Serdes.Long()))
                .toStream().mapValues(n -> n == null ? null : new Count(n))
                .to(sink, Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(Long.class), json(Count.class)));
    }

    private static void words(KStream<Long, Line> lines, String sink) {
        lines.flatMapValues(line -> Arrays.asList(line.line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.with(Serdes.String(), Serdes.Long()))
                .toStream().mapValues(Words::new).to(sink, Produced.with(Serdes.String(), json(Words.class)));
    }

    private static void keys(KStream<Long, Keyed> records, String sink) {
        records.groupByKey(Grouped.with(Serdes.Long(), json(Keyed.class)))
                .aggregate(() -> new Sum(0, 0), (key, record, sum) -> new Sum(sum.n + 1, sum.s + record.v),
                        Materialized.with(Serdes.Long(), json(Sum.class)))
                .toStream().to(sink, Produced.with(Serdes.Long(), json(Sum.class)));
    }

    private static <T> KStream<Long, T> read(StreamsBuilder builder, String source, Class<T> type) {
        return builder.stream(source, Consumed.with(Serdes.Long(), json(type))).peek((key, value) -> SEEN.incrementAndGet());
    }

    private static void build(String workload, StreamsBuilder builder, String source, String sink) {
        switch (workload) {
            case "q1" -> q1(read(builder, source, Bid.class), sink);
            case "q2" -> q2(read(builder, source, Bid.class), sink);
            case "q21" -> q21(read(builder, source, Bid.class), sink);
            case "q22" -> q22(read(builder, source, Bid.class), sink);
            case "q17" -> q17(read(builder, source, Bid.class), sink);
            case "q5_inner" -> q5(read(builder, source, Bid.class), sink);
            case "q11" -> q11(read(builder, source, Bid.class), sink);
            case "words" -> words(read(builder, source, Line.class), sink);
            case "keys" -> keys(read(builder, source, Keyed.class), sink);
            default -> throw new IllegalArgumentException("no workload " + workload);
        }
    }

    private static Properties properties(String[] arguments) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[1]);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2]);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, arguments[6]);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, arguments[7]);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        properties.put("auto.offset.reset", "earliest");
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 20);
        for (int i = 8; i < arguments.length; i++) {
            String[] setting = arguments[i].split("=", 2);
            properties.put(setting[0], setting[1]);
        }
        return properties;
    }

    private static double processSeconds() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9;
    }

    /** Of the Java threads: the compiler's and the collector's are none. */
    private static double threadSeconds() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (long id : threads.getAllThreadIds()) {
            sum += Math.max(0, threads.getThreadCpuTime(id));
        }
        return sum / 1e9;
    }

    public static void main(String[] arguments) throws Exception {
        long records = Long.parseLong(arguments[5]);
        StreamsBuilder builder = new StreamsBuilder();
        build(arguments[0], builder, arguments[3], arguments[4]);
        KafkaStreams streams = new KafkaStreams(builder.build(), properties(arguments));
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        while (streams.state() != KafkaStreams.State.RUNNING) {
            Thread.sleep(5);
        }
        long began = System.nanoTime();
        double cpu = processSeconds();
        double half = -1;
        double halfRecords = 0;
        while (SEEN.get() < records) {
            Thread.sleep(5);
            if (half < 0 && SEEN.get() >= records / 2) {
                half = threadSeconds();
                halfRecords = records - SEEN.get();
            }
        }
        double steady = threadSeconds() - half;
        long quiet = System.nanoTime();
        // repartition topics are internal: give what is in them a second without progress of the CPU
        for (double last = -1; processSeconds() - last > 0.1; Thread.sleep(1000)) {
            last = processSeconds();
        }
        streams.close(Duration.ofSeconds(60));
        System.out.printf("%s%n", JSON.writeValueAsString(Map.of("seconds", (quiet - began) / 1e9, "cpu", processSeconds() - cpu,
                "steady", halfRecords > 0 ? steady * records / halfRecords : 0)));
        System.exit(0);
    }
}
