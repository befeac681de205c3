import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * The functions over JSON texts, and what Jackson makes of the same calls; lines as those of JavaFunctions. Jackson is among the
 * broker's jars. Usage: java -cp 'JARS/*' JavaJson.java SEED COUNT.
 */
public class JavaJson {
    private static final ObjectMapper MAPPER = new ObjectMapper()
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
        .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));

    private final Random random;
    private final PrintStream out;

    JavaJson(long seed, PrintStream out) {
        this.random = new Random(seed);
        this.out = out;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
        JavaJson json = new JavaJson(Long.parseLong(arguments[0]), out);
        for (int i = Integer.parseInt(arguments[1]); i > 0; i--) {
            json.one();
        }
        out.flush();
    }

    // ---- texts ----

    private int below(int bound) {
        return random.nextInt(bound);
    }

    private String pick(String... items) {
        return items[below(items.length)];
    }

    private String space() {
        return below(6) == 0 ? pick(" ", "  ") : "";
    }

    private String number() {
        return pick("0", "1", "-1", "7", "12", "-0", "123456789", "4294967296", "12345678901234567890", "1.0", "1.50", "-0.0", "0.1",
            "1e5", "1E5", "12e-3", "1.5e+10", "0.0000001", "100e-2", "0e3", "0.00", "123456789.123456789123456789", "1e-10", "2.50E1");
    }

    private String string() {
        StringBuilder text = new StringBuilder("\"");
        for (int i = below(4); i > 0; i--) {
            text.append(pick("a", "b", "name", "0", "1", " ", "é", "Ж", "😀", "\\n", "\\t", "\\\\", "\\\"", "\\/", "\\u0041", "\\u00e9", "\\u001f",
                "\\u007f", "\\uD83D\\uDE00", "/", "'", "\\b", "{", "]", ",", ":"));
        }
        return text.append("\"").toString();
    }

    private String name() {
        return below(8) == 0 ? string() : "\"" + pick("a", "b", "c", "name", "0", "1", "x y") + "\"";
    }

    /** Names are not repeated: what comes twice is another matter. */
    private String object(int depth) {
        StringBuilder text = new StringBuilder("{" + space());
        TreeSet<String> names = new TreeSet<>();
        for (int i = below(4); i > 0; i--) {
            String name = name();
            if (!names.add(plain(name))) {
                continue;
            }
            text.append(names.size() > 1 ? "," : "").append(space()).append(name).append(space()).append(":").append(space())
                .append(value(depth + 1)).append(space());
        }
        return text + "}";
    }

    private static String plain(String name) {
        try {
            return MAPPER.readTree(name).asText();
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String array(int depth) {
        StringBuilder text = new StringBuilder("[" + space());
        for (int i = below(4); i > 0; i--) {
            text.append(value(depth + 1)).append(space()).append(i > 1 ? "," : "").append(space());
        }
        return text + "]";
    }

    private String value(int depth) {
        switch (below(depth > 3 ? 4 : 8)) {
            case 0: return number();
            case 1: return string();
            case 2: return pick("true", "false", "null");
            case 3: return number();
            case 4: case 5: return object(depth);
            default: return array(depth);
        }
    }

    private String document() {
        String text = below(3) == 0 ? object(0) : below(3) == 0 ? array(0) : value(0);
        text = space() + text + space();
        if (below(12) == 0 && !text.isEmpty()) { // damaged
            int at = below(text.length());
            text = text.substring(0, at) + pick("", "x", ",", "]", "\"", "0", ".", "-", "}", ":") + text.substring(below(2) == 0 ? at : at + 1);
        }
        return below(20) == 0 ? text + pick("x", " x", ",", "]", " 1", "\"") : text;
    }

    // ---- calls ----

    private interface Call {
        Object run() throws Exception;
    }

    private static String quote(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private void emit(String expression, Call call) {
        String value;
        try {
            Object result = call.run();
            value = result == null ? "NULL" : result.toString();
        } catch (Exception e) {
            value = "NULL";
        }
        boolean half = (expression + value).codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
        if (!half && !(expression + value).matches("(?s).*[\\x00-\\x1f].*")) {
            out.print("json\t" + expression + "\t" + value + "\n");
        }
    }

    private static JsonNode read(String text) throws Exception {
        return MAPPER.reader().readTree(text);
    }

    private void extract(String text) {
        StringBuilder path = new StringBuilder("$");
        List<String> tokens = new ArrayList<>();
        for (int i = below(4); i > 0; i--) {
            String token = pick("a", "b", "c", "name", "0", "1", "2", "x y", "-1");
            boolean dotted = token.matches("[a-z0-9]+") && below(2) == 0;
            boolean index = !dotted && token.matches("[0-9]+") && below(2) == 0;
            path.append(dotted ? "." + token : index ? "[" + token + "]" : "[\"" + token + "\"]");
            tokens.add(token);
        }
        emit("EXTRACTJSONFIELD(" + quote(text) + ", " + quote(path.toString()) + ")", () -> {
            JsonNode node = read(text);
            for (String token : tokens) {
                node = node instanceof ArrayNode ? node.get(Integer.parseInt(token)) : node.get(token);
                if (node == null) {
                    return null;
                }
            }
            return node.isTextual() ? node.asText() : node.toString();
        });
    }

    private void contains(String text) {
        String literal = pick("1", "7", "12", "'a'", "'name'", "TRUE", "FALSE", "1.5e0", "1e0", "0.1e0");
        emit("JSON_ARRAY_CONTAINS(" + quote(text) + ", " + literal + ")", () -> {
            JsonNode array;
            try {
                array = read(text);
            } catch (Exception e) {
                return false;
            }
            for (int i = 0; array.isArray() && i < array.size(); i++) {
                JsonNode item = array.get(i);
                boolean real = literal.endsWith("e0");
                boolean same = literal.startsWith("'") ? item.isTextual() && quote(item.asText()).equals(literal)
                    : literal.matches("[A-Z]+") ? item.isBoolean() && item.asBoolean() == literal.equals("TRUE")
                    : real ? item.isBigDecimal() && item.doubleValue() == Double.parseDouble(literal)
                    : item.isIntegralNumber() && item.bigIntegerValue().toString().equals(literal);
                if (same) {
                    return true;
                }
            }
            return false;
        });
    }

    private void concat(String... texts) {
        StringBuilder call = new StringBuilder();
        for (String text : texts) {
            call.append(call.length() == 0 ? "" : ", ").append(quote(text));
        }
        emit("JSON_CONCAT(" + call + ")", () -> {
            List<JsonNode> nodes = new ArrayList<>();
            for (String text : texts) {
                nodes.add(read(text));
            }
            if (nodes.stream().anyMatch(JsonNode::isMissingNode)) {
                return null;
            }
            if (nodes.size() == 1) {
                return MAPPER.writeValueAsString(nodes.get(0));
            }
            ObjectNode members = MAPPER.createObjectNode();
            ArrayNode elements = MAPPER.createArrayNode();
            for (JsonNode node : nodes) {
                if (node.isObject()) {
                    members.setAll((ObjectNode) node);
                }
                if (node.isArray()) {
                    elements.addAll((ArrayNode) node);
                } else {
                    elements.add(node);
                }
            }
            return MAPPER.writeValueAsString(nodes.stream().allMatch(JsonNode::isObject) ? members : elements);
        });
    }

    private static List<String> items(JsonNode array) {
        List<String> items = new ArrayList<>();
        array.forEach(item -> items.add(item.toString()));
        return items;
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private void one() {
        String text = document();
        String call = "(" + quote(text) + ")";
        switch (below(9)) {
            case 0: emit("IS_JSON_STRING" + call, () -> {
                try {
                    return !read(text).isMissingNode();
                } catch (Exception e) {
                    return false;
                }
            }); return;
            case 1: emit("JSON_ARRAY_LENGTH" + call, () -> read(text).isArray() ? read(text).size() : null); return;
            case 2: emit("JSON_ITEMS" + call, () -> read(text).isArray() ? items(read(text)) : null); return;
            case 3: emit("JSON_KEYS" + call, () -> read(text).isObject() ? names(read(text)) : null); return;
            case 4: {
                String key = pick("a", "b", "c", "name", "0", "1");
                emit("JSON_RECORDS" + call + "[" + quote(key) + "]",
                    () -> read(text).isObject() && read(text).get(key) != null ? read(text).get(key).toString() : null);
                return;
            }
            case 5: contains(text); return;
            case 6:
                if (below(4) == 0) {
                    concat(below(2) == 0 ? new String[] {text} : new String[] {object(0), object(0), below(2) == 0 ? object(0) : text});
                } else {
                    concat(text, document());
                }
                return;
            default: extract(text);
        }
    }
}
