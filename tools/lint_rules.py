"""The tables of tools/lint: folders and their layers, private headers, banned calls and words, size limits."""

# Folder -> folders whose headers it may include (its own always). Read like the data path, from the ground up.
MAY_INCLUDE = {
    "base": [],
    "data": ["base"],
    "expr": ["base", "data"],
    "serde": ["base", "data"],
    "state": ["base", "data"],
    "kafka": ["base"],
    "plan": ["base", "data", "expr"],
    "sql": ["base", "data", "expr", "plan"],
    "topology": ["base", "data", "expr", "serde", "state", "kafka", "plan"],
    "service": ["base", "data", "expr", "serde", "state", "kafka", "plan", "sql", "topology"],
}
PRODUCT = list(MAY_INCLUDE)
for user in ("integration-tests", "bench", "fuzz", "examples", "tools"):
    MAY_INCLUDE[user] = PRODUCT
FOLDERS = list(MAY_INCLUDE)

# Folders that log at debug only. (service/ and the task loop in topology/ say what the user must know.)
SILENT = ["data", "expr", "serde", "state", "kafka", "plan", "sql"]

# Header pattern -> where it may be included; "tests": any folder's tests, too.
THIRD_PARTY = [
    (r"librdkafka/", ["kafka", "integration-tests", "bench"]),
    (r"rocksdb/", ["state", "bench", "integration-tests"]),
    (r"pcre2\.h", ["expr"]),
    (r"jansson\.h", ["plan", "tests", "integration-tests", "bench", "fuzz"]),
    (r"avro(\.h|/)", ["serde/avro", "tests"]),
    (r"google/protobuf/", ["serde/protobuf"]),
    (r"curl/", ["serde", "service"]),
    (r"(openssl|nghttp2)/", ["service"]),
    (r"(gtest|gmock)/", ["tests", "integration-tests"]),
]

FILE_LINES = 800
FUNCTION_LINES = 70

BANNED_CALLS = (r"(?<![\w.>])(atoi|atol|atof|sprintf|vsprintf|strcpy|strcat|strtok|gmtime|localtime|rand|srand|alloca|gets"
                r"|setjmp|longjmp)\s*\(")
INSTEAD = {
    "atoi": "tg_text_* or strtol with its end checked",
    "atol": "tg_text_* or strtol with its end checked",
    "atof": "strtod with its end checked",
    "sprintf": "snprintf, or a tg_buffer",
    "vsprintf": "vsnprintf, or a tg_buffer",
    "strcpy": "a slice or a tg_buffer",
    "strcat": "a tg_buffer",
    "strtok": "strtok_r, or a slice",
    "gmtime": "gmtime_r, or data/time.h",
    "localtime": "data/time.h with a zone",
    "rand": "an explicit seed and generator",
    "alloca": "an arena",
}

# Brackets keep these patterns from finding themselves.
BANNED_WORDS = [
    (r"\b(T[O]DO\b|F[I]XME\b|X[X]X:)", "finish it, or make it a clear error"),
    (r"(?i)\b(not [i]mplemented|un[i]mplemented)\b", "finish it, or refuse it with an error that says what would be right"),
    (r"/[w]ork/|/tmp/t[u]rgo|/[f]arm/|\.[l]ibrary\b", "a path of one machine"),
    (r"(?i)\b(npm[j]s\.org|pypi\.[o]rg|repo[0-9]?\.[m]aven|deb\.[d]ebian|crates\.[i]o/|proxy\.[g]olang)",
     "a registry's host: the configured client knows it"),
]
WORDS_EXEMPT = {"LICENSE"}
