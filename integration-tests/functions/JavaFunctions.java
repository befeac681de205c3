import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Random calls of functions and what the JVM makes of them: one line each, family, SQL expression and result as CAST to
 * STRING writes it, with tabs between. Usage: java JavaFunctions.java SEED COUNT [FAMILY...]; COUNT is per family.
 */
public class JavaFunctions {
    private final Random random;
    private final PrintStream out;

    JavaFunctions(long seed, PrintStream out) {
        this.random = new Random(seed);
        this.out = out;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
        long seed = Long.parseLong(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        List<String> wanted = Arrays.asList(arguments).subList(2, arguments.length);
        String[] families = {"regex", "format", "parse", "zone", "double", "decimal", "hash", "url", "encoding", "geo", "text",
            "map"};
        for (String family : families) {
            if (!wanted.isEmpty() && !wanted.contains(family)) {
                continue;
            }
            JavaFunctions functions = new JavaFunctions(seed ^ family.hashCode(), out);
            for (int i = 0; i < count; i++) {
                functions.one(family);
            }
        }
        out.flush();
    }

    private void one(String family) {
        switch (family) {
            case "regex": regex(); break;
            case "format": format(); break;
            case "parse": parse(); break;
            case "zone": zone(); break;
            case "double": doubles(); break;
            case "decimal": decimals(); break;
            case "hash": hash(); break;
            case "url": url(); break;
            case "encoding": encoding(); break;
            case "geo": geo(); break;
            case "map": map(); break;
            default: text();
        }
    }

    // ---- pieces ----

    private int below(int bound) {
        return random.nextInt(bound);
    }

    private String pick(String... items) {
        return items[below(items.length)];
    }

    private static String quote(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private void emit(String family, String expression, Supplier<String> result) {
        String value;
        try {
            value = result.get();
        } catch (RuntimeException e) {
            value = null;
        }
        if (value == null) {
            value = "NULL";
        }
        if (hasHalfCharacter(value)) {
            return; // a text of ours is never cut inside of a character
        }
        if ((expression + value).matches("(?s).*[\\x00-\\x1f].*")) {
            return;
        }
        out.print(family + "\t" + expression + "\t" + value + "\n");
    }

    private static boolean hasHalfCharacter(String text) {
        return text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
    }

    private String letters(int longest) {
        String[] characters = {"a", "b", "c", "A", "B", "z", "0", "1", "9", " ", "-", "_", ".", ",", "é", "ß", "Ж", "😀", "x", "ǆ", "İ",
            "ς", "'", "\"", "%", "+", "/"};
        StringBuilder text = new StringBuilder();
        for (int i = below(longest + 1); i > 0; i--) {
            text.append(pick(characters));
        }
        return text.toString();
    }

    // ---- regular expressions ----

    private String piece(int depth) {
        switch (below(depth > 2 ? 8 : 14)) {
            case 0: return pick("a", "b", "c", "z", "A", "é", "Ж", "😀", "-", "_", " ", "0", "9", "x", "\\.", "\\-", "\\u0061");
            case 1: return ".";
            case 2: return pick("\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\h", "\\v", "\\R");
            case 3: return pick("[abc]", "[^abc]", "[a-z]", "[a-z&&[^aeiou]]", "[a-c[x-z]]", "[^a-c[0-5]]", "[\\w&&[^\\d]]", "[\\s\\d]",
                "[a&&b]", "[\\p{L}&&[^a]]", "[-a]", "[a-]", "[]a]", "[^]a]", "[a^]", "[&a]", "[a-z&&[b-y]&&[^m]]", "[^\\W_]", "[+--]");
            case 4: return pick("\\p{Lower}", "\\p{Upper}", "\\p{Alpha}", "\\p{Alnum}", "\\p{Punct}", "\\p{L}", "\\p{Lu}", "\\p{Ll}",
                "\\P{L}", "\\p{IsLatin}", "\\p{IsCyrillic}", "\\p{IsAlphabetic}", "\\p{javaUpperCase}", "\\pN", "\\p{IsDigit}", "\\p{Graph}");
            case 5: return pick("^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z");
            case 6: return pick("\\Qa.b\\E", "\\x61", "\\0101", "\\t", "\\\\", "ab", "abc");
            case 7: return pick("a", "b", "c", "z", "0");
            case 8: return "(" + alternatives(depth + 1) + ")";
            case 9: return "(?:" + alternatives(depth + 1) + ")";
            case 10: return pick("(?i:", "(?s:", "(?m:", "(?iu:", "(?x: ", "(?d:") + alternatives(depth + 1) + ")";
            case 11: return pick("(?=", "(?!", "(?>") + alternatives(depth + 1) + ")";
            case 12: return pick("(?<=a)", "(?<!b)", "(?<=[a-z])", "(?<!ab)");
            default: return pick("\\1", "(?i)", "(?-i)", "(?m)");
        }
    }

    private String sequence(int depth) {
        StringBuilder pattern = new StringBuilder();
        for (int i = 1 + below(4); i > 0; i--) {
            pattern.append(piece(depth));
            if (below(3) == 0) {
                pattern.append(pick("*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?", "??", "*+", "{1,2}?"));
            }
        }
        return pattern.toString();
    }

    private String alternatives(int depth) {
        return below(4) == 0 ? sequence(depth) + "|" + sequence(depth) : sequence(depth);
    }

    private void regex() {
        String pattern = alternatives(0);
        String text = letters(14);
        Pattern compiled;
        try {
            compiled = Pattern.compile(pattern);
        } catch (RuntimeException e) {
            emit("regex", "REGEXP_EXTRACT(" + quote(pattern) + ", " + quote(text) + ")", () -> "REFUSED");
            return;
        }
        // What a group matched within a failed (?!...) stays with Java, and is nothing elsewhere.
        boolean leaks = pattern.contains("(?!");
        if (leaks && pattern.contains("\\1")) {
            return;
        }
        String call = quote(pattern) + ", " + quote(text);
        Matcher matcher = compiled.matcher(text);
        switch (below(4)) {
            case 0: {
                int group = leaks ? 0 : below(3);
                emit("regex", "REGEXP_EXTRACT(" + call + ", " + group + ")",
                    () -> group <= matcher.groupCount() && matcher.find() ? matcher.group(group) : null);
                return;
            }
            case 1:
                emit("regex", "REGEXP_EXTRACT_ALL(" + call + ")", () -> {
                    List<String> all = new ArrayList<>();
                    boolean empty = false;
                    while (matcher.find()) {
                        all.add(matcher.group());
                        empty |= matcher.group().isEmpty();
                    }
                    if (empty && text.contains("😀")) {
                        return "\u0001"; // Java also finds nothing between the halves of a character
                    }
                    return all.toString();
                });
                return;
            case 2: {
                String replacement = pick("-", "", "<$0>", leaks ? "$0" : "$1", "\\$", "${n}", "a$");
                emit("regex", "REGEXP_REPLACE(" + quote(text) + ", " + quote(pattern) + ", " + quote(replacement) + ")",
                    () -> matcher.replaceAll(replacement));
                return;
            }
            default:
                if (!compiled.matcher("").matches()) {
                    return; // ksqlDB splits these with a library of its own
                }
                emit("regex", "REGEXP_SPLIT_TO_ARRAY(" + quote(text) + ", " + quote(pattern) + ")",
                    () -> Arrays.asList(compiled.split(text)).toString());
        }
    }

    // ---- times ----

    private long millis() {
        switch (below(4)) {
            case 0: return (long) (random.nextDouble() * 4e12) - 2_000_000_000_000L;
            case 1: return 1_600_000_000_000L + below(1_000_000_000) * 200L;
            case 2: return below(1000);
            default: return (long) (random.nextDouble() * 2.5e14) - 6e13 > 0 ? (long) (random.nextDouble() * 2e13) : -below(2_000_000_000) * 20L;
        }
    }

    private static final String[] ZONES = {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Z", "+05:30",
        "-08:00", "GMT+1", "Asia/Tokyo", "America/St_Johns", "Pacific/Apia", "Europe/Dublin", "America/Sao_Paulo",
        "+01:02:03", "Antarctica/Troll", "Asia/Kathmandu", "Europe/Moscow", "America/Caracas"};
    private static final String[] ALL_ZONES = ZoneId.getAvailableZoneIds().stream()
        .filter(id -> id.contains("/") && !id.startsWith("SystemV/") && !id.matches("Africa/(Casablanca|El_Aaiun)")).sorted().toArray(String[]::new);

    private String pattern() {
        StringBuilder pattern = new StringBuilder();
        for (int i = 1 + below(6); i > 0; i--) {
            pattern.append(pick("yyyy", "uuuu", "yy", "y", "u", "M", "MM", "MMM", "MMMM", "MMMMM", "LLL", "d", "dd", "D", "DDD", "E", "EEEE",
                "EEEEE", "a", "h", "hh", "H", "HH", "k", "kk", "K", "KK", "m", "mm", "s", "ss", "S", "SSS", "SSSSSS", "A", "n", "N", "G",
                "GGGG", "X", "XX", "XXX", "XXXX", "XXXXX", "x", "xx", "xxx", "Z", "ZZZZ", "ZZZZZ", "O", "OOOO", "VV", "'T'", "''"));
            pattern.append(pick("", "-", " ", ":", "/", ".", ", "));
        }
        return pattern.toString();
    }

    private void format() {
        String pattern = pattern();
        String zone = pick(ZONES);
        long ms = millis();
        emit("format", "FORMAT_TIMESTAMP(FROM_UNIXTIME(" + number(ms) + "), " + quote(pattern) + ", " + quote(zone) + ")",
            () -> DateTimeFormatter.ofPattern(pattern, Locale.US).withZone(ZoneId.of(zone)).format(Instant.ofEpochMilli(ms)));
    }

    private static String number(long value) {
        return value == Integer.MIN_VALUE ? "CAST('" + value + "' AS BIGINT)" : "CAST(" + quote(Long.toString(value)) + " AS BIGINT)";
    }

    private void parse() {
        String pattern = pick("yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy HH:mm", "yyyyMMddHHmmssSSS", "MMM d, yyyy h:mm a", "EEE, dd MMM yyyy HH:mm:ss Z",
            "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "uuuu-DDD HH:mm:ss", "yyyy-MM-dd HH:mm VV", "d.M.yy H:m", "yyyy-MM-dd hh:mm:ss.SSSSSS a x");
        String zone = pick(ZONES);
        long ms = millis();
        DateTimeFormatter formatter = DateTimeFormatter.ofPattern(pattern, Locale.US);
        String text = formatter.withZone(ZoneId.of(zone)).format(Instant.ofEpochMilli(ms));
        if (below(3) == 0 && !text.isEmpty()) {
            char[] characters = text.toCharArray();
            characters[below(characters.length)] = "0123456789 :-".charAt(below(13));
            text = new String(characters);
        }
        String changed = text;
        emit("parse", "CAST(PARSE_TIMESTAMP(" + quote(changed) + ", " + quote(pattern) + ", " + quote(zone) + ") AS STRING)", () -> {
            java.time.temporal.TemporalAccessor parsed = formatter.parse(changed);
            LocalDateTime local = LocalDateTime.of(java.time.LocalDate.from(parsed), java.time.LocalTime.from(parsed));
            ZoneId found = parsed.query(java.time.temporal.TemporalQueries.zone());
            long result = ZonedDateTime.of(local, found == null ? ZoneId.of(zone) : found).toInstant().toEpochMilli();
            return iso(result);
        });
    }

    private static String iso(long ms) {
        return DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS").withZone(ZoneOffset.UTC).format(Instant.ofEpochMilli(ms));
    }

    /** Years that versions of the time zone database agree on, for all zones. */
    private void zone() {
        String zone = pick(ALL_ZONES);
        long ms = (long) (6.4e11 + random.nextDouble() * 1.06e12);
        if (below(2) == 0) {
            String other = pick(ALL_ZONES);
            emit("zone", "CAST(CONVERT_TZ(FROM_UNIXTIME(" + number(ms) + "), " + quote(zone) + ", " + quote(other) + ") AS STRING)", () -> {
                Instant instant = Instant.ofEpochMilli(ms);
                long shift = ZoneId.of(other).getRules().getOffset(instant).getTotalSeconds()
                    - ZoneId.of(zone).getRules().getOffset(instant).getTotalSeconds();
                return iso(ms + shift * 1000);
            });
            return;
        }
        LocalDateTime local = LocalDateTime.ofEpochSecond(Math.floorDiv(ms, 1000), 0, ZoneOffset.UTC);
        if (local.getYear() < 1 || local.getYear() > 9999) {
            return;
        }
        String text = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").format(local);
        emit("zone", "CAST(PARSE_TIMESTAMP(" + quote(text) + ", 'yyyy-MM-dd HH:mm:ss', " + quote(zone) + ") AS STRING)",
            () -> iso(ZonedDateTime.of(local, ZoneId.of(zone)).toInstant().toEpochMilli()));
    }

    // ---- numbers ----

    private double number() {
        switch (below(6)) {
            case 0: return Double.longBitsToDouble(random.nextLong());
            case 1: return below(2000) - 1000;
            case 2: return (below(200000) - 100000) / 1000.0;
            case 3: return random.nextDouble() * Math.pow(10, below(40) - 20);
            case 4: return random.nextLong();
            default: return (below(41) - 20) / 2.0;
        }
    }

    /** The shortest digits that read back, as Double.toString of JDK 19 and newer has them. */
    private static String shortest(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
            return Double.toString(value);
        }
        BigDecimal exact = new BigDecimal(Math.abs(value));
        BigDecimal best = exact;
        for (int digits = 2; digits <= 17; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (rounded.doubleValue() == Math.abs(value)) {
                best = rounded;
                break;
            }
        }
        String digits = best.unscaledValue().toString();
        int exponent = best.precision() - best.scale() - 1;
        digits = digits.replaceFirst("0+$", "");
        StringBuilder text = new StringBuilder(value < 0 ? "-" : "");
        if (exponent >= -3 && exponent < 7) {
            text.append(new BigDecimal(new java.math.BigInteger(digits), digits.length() - 1 - exponent).toPlainString());
            if (text.indexOf(".") < 0) {
                text.append(".0");
            }
            return text.toString();
        }
        text.append(digits.charAt(0)).append('.').append(digits.length() > 1 ? digits.substring(1) : "0");
        return text.append('E').append(exponent).toString();
    }

    private void doubles() {
        double value = number();
        String literal = "CAST(" + quote(Double.toString(value)) + " AS DOUBLE)";
        switch (below(6)) {
            case 0: emit("double", "CAST(" + literal + " AS STRING)", () -> shortest(value)); return;
            case 1: emit("double", "CAST(" + literal + " AS BIGINT)", () -> Long.toString((long) value)); return;
            case 2: emit("double", "CAST(" + literal + " AS INT)", () -> Integer.toString((int) value)); return;
            case 3: emit("double", "ROUND(" + literal + ")", () -> Long.toString(Math.round(value))); return;
            case 4:
                emit("double", "CAST(CAST(" + literal + " AS DECIMAL(20, 4)) AS STRING)", () -> {
                    BigDecimal decimal = BigDecimal.valueOf(value).setScale(4, RoundingMode.HALF_UP);
                    return decimal.precision() - decimal.scale() > 16 ? null : decimal.toPlainString();
                });
                return;
            default: {
                String text = pick(" ", "") + pick(Double.toString(value), Long.toString((long) value), "1e5", ".5", "5.", "+7", "abc", "", "1_0",
                    "NaN", "-Infinity") + pick(" ", "");
                emit("double", "CAST(" + quote(text) + " AS DOUBLE)", () -> {
                    String trimmed = text.trim();
                    return trimmed.isEmpty() ? null : shortest(Double.parseDouble(trimmed));
                });
            }
        }
    }

    private void decimals() {
        BigDecimal value = new BigDecimal(new java.math.BigInteger(1 + below(60), random), below(8));
        BigDecimal signed = below(2) == 0 ? value : value.negate();
        String literal = "CAST(" + quote(signed.toPlainString()) + " AS DECIMAL(30, " + signed.scale() + "))";
        switch (below(5)) {
            case 0: emit("decimal", "CAST(" + literal + " AS STRING)", signed::toPlainString); return;
            case 1: emit("decimal", "CAST(" + literal + " AS DOUBLE)", () -> shortest(signed.doubleValue())); return;
            case 2: emit("decimal", "CAST(" + literal + " AS BIGINT)", () -> Long.toString(signed.longValue())); return;
            case 3: emit("decimal", "CAST(CAST(" + literal + " AS DECIMAL(30, 2)) AS STRING)",
                () -> signed.setScale(2, RoundingMode.HALF_UP).toPlainString()); return;
            default: emit("decimal", "CAST(ABS(" + literal + ") AS STRING)", () -> signed.abs().toPlainString());
        }
    }

    // ---- bytes and texts ----

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(String.format("%02x", b));
        }
        return text.toString();
    }

    private void hash() {
        String text = letters(80);
        emit("hash", "MD5(" + quote(text) + ")", () -> {
            try {
                return hex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
            } catch (java.security.NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void url() {
        String text = letters(12);
        if (below(3) == 0) {
            emit("url", "URL_ENCODE_PARAM(" + quote(text) + ")", () -> {
                try {
                    return URLEncoder.encode(text, "UTF-8");
                } catch (java.io.UnsupportedEncodingException e) {
                    throw new IllegalStateException(e);
                }
            });
            return;
        }
        if (below(3) == 0) {
            String encoded = text + pick("", "%41", "%C3%A9", "+", "%2", "%zz", "%F0%9F%98%80", "%41%42");
            emit("url", "URL_DECODE_PARAM(" + quote(encoded) + ")", () -> {
                try {
                    return URLDecoder.decode(encoded, "UTF-8");
                } catch (java.io.UnsupportedEncodingException e) {
                    throw new IllegalStateException(e);
                }
            });
            return;
        }
        String whole = pick("http", "https", "ftp", "x+y.z", "1a", "") + pick("://", ":", "//") + pick("", "user@", "u:p@")
            + pick("example.com", "127.0.0.1", "[::1]", pick("[::1]", "[::", "[1:2]", "[fe80::1]", "[::1]x", "[::ffff:1.2.3.4]", "[]", "[::1"), "a_b.c", "", "ex ample", "localhost") + pick("", ":80", ":", ":x", ":99999")
            + pick("", "/", "/a/b", "/a b", "/%20x", "/é") + pick("", "?a=1&b=2", "?", "?q=%41", "?a b") + pick("", "#f", "#", "#a%20b");
        switch (below(6)) {
            case 0: emit("url", "URL_EXTRACT_HOST(" + quote(whole) + ")", () -> URI.create(whole).getHost()); return;
            case 1: emit("url", "URL_EXTRACT_PATH(" + quote(whole) + ")", () -> URI.create(whole).getPath()); return;
            case 2: emit("url", "URL_EXTRACT_QUERY(" + quote(whole) + ")", () -> URI.create(whole).getQuery()); return;
            case 3: emit("url", "URL_EXTRACT_FRAGMENT(" + quote(whole) + ")", () -> URI.create(whole).getFragment()); return;
            case 4: emit("url", "URL_EXTRACT_PROTOCOL(" + quote(whole) + ")", () -> URI.create(whole).getScheme()); return;
            default: emit("url", "URL_EXTRACT_PORT(" + quote(whole) + ")", () -> {
                int port = URI.create(whole).getPort();
                return port == -1 ? null : Integer.toString(port);
            });
        }
    }

    private void encoding() {
        String text = letters(12);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        switch (below(4)) {
            case 0: emit("encoding", "ENCODE(" + quote(text) + ", 'utf8', 'hex')", () -> hex(bytes)); return;
            case 1: emit("encoding", "ENCODE(" + quote(text) + ", 'utf8', 'base64')", () -> Base64.getEncoder().encodeToString(bytes)); return;
            case 2: emit("encoding", "ENCODE(" + quote(hex(bytes)) + ", 'hex', 'utf8')", () -> text); return;
            default: emit("encoding", "ENCODE(" + quote(Base64.getEncoder().encodeToString(bytes)) + ", 'base64', 'hex')", () -> hex(bytes));
        }
    }

    private void geo() {
        double[] p = {random.nextDouble() * 180 - 90, random.nextDouble() * 360 - 180, random.nextDouble() * 180 - 90,
            random.nextDouble() * 360 - 180};
        double dLat = Math.toRadians(p[2] - p[0]);
        double dLon = Math.toRadians(p[3] - p[1]);
        double a = Math.pow(Math.sin(dLat / 2), 2)
            + Math.pow(Math.sin(dLon / 2), 2) * Math.cos(Math.toRadians(p[0])) * Math.cos(Math.toRadians(p[2]));
        boolean miles = below(2) == 0;
        double distance = (miles ? 3959 : 6371) * 2 * Math.asin(Math.sqrt(a));
        StringBuilder call = new StringBuilder();
        for (double value : p) {
            call.append("CAST(").append(quote(Double.toString(value))).append(" AS DOUBLE), ");
        }
        emit("geo", "ABS(GEO_DISTANCE(" + call + quote(miles ? "mi" : "km") + ") - CAST(" + quote(Double.toString(distance))
            + " AS DOUBLE)) < 1e-8", () -> "true");
    }

    private void map() {
        int count = 1 + below(below(10) == 0 ? 40 : 12);
        java.util.LinkedHashMap<String, Integer> entries = new java.util.LinkedHashMap<>();
        while (entries.size() < count) {
            entries.put(letters(4) + below(50), entries.size());
        }
        java.util.HashMap<String, Integer> made = new java.util.HashMap<>(count);
        StringBuilder call = new StringBuilder();
        for (String key : entries.keySet()) {
            made.put(key, 1);
            call.append(call.length() == 0 ? "" : ", ").append(quote(key)).append(" := 1");
        }
        emit("map", "MAP_KEYS(MAP(" + call + "))", () -> made.keySet().toString());
    }

    private static boolean splitsPair(String text, int at) {
        return at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at));
    }

    private void text() {
        String text = letters(12);
        int position = below(20) - 6;
        int length = below(8);
        switch (below(9)) {
            case 0: emit("text", "LEN(" + quote(text) + ")", () -> Integer.toString(text.length())); return;
            case 1: emit("text", "UCASE(" + quote(text) + ")", () -> text.toUpperCase(Locale.US)); return;
            case 2: emit("text", "LCASE(" + quote(text) + ")", () -> text.toLowerCase(Locale.US)); return;
            case 3: emit("text", "TRIM(" + quote(text) + ")", text::trim); return;
            case 4: {
                String part = letters(2);
                emit("text", "REPLACE(" + quote(text) + ", " + quote(part) + ", '<>')", () -> text.replace(part, "<>"));
                return;
            }
            case 5: {
                int start = position < 0 ? Math.max(text.length() + position, 0) : position > 0 ? Math.min(position - 1, text.length()) : 0;
                int end = Math.min(start + length, text.length());
                if (splitsPair(text, start) || splitsPair(text, end)) {
                    return;
                }
                emit("text", "SUBSTRING(" + quote(text) + ", " + position + ", " + length + ")", () -> text.substring(start, end));
                return;
            }
            case 6: {
                String part = letters(1);
                if (part.isEmpty()) {
                    return;
                }
                emit("text", "INSTR(" + quote(text) + ", " + quote(part) + ")", () -> Integer.toString(text.indexOf(part) + 1));
                return;
            }
            case 7: {
                StringBuilder padded = new StringBuilder(text);
                while (padded.length() < length) {
                    padded.append("*");
                }
                if (splitsPair(text, length)) {
                    return;
                }
                emit("text", "RPAD(" + quote(text) + ", " + length + ", '*')", () -> padded.substring(0, length));
                return;
            }
            default: {
                int code = pick("", "x").isEmpty() ? below(0xD800) : 0x10000 + below(0xFFFFF);
                if (code < 32) {
                    return;
                }
                emit("text", "CHR(" + code + ")", () -> new String(Character.toChars(code)));
            }
        }
    }
}
