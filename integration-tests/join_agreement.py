"""Every kind of join against Kafka Streams' own: joins/JoinAgreement.java puts seeded random records (disorder, late rows, null keys,
null values and tombstones, few keys) through its TopologyTestDriver and writes a test file, `turgo test` runs the same joins in SQL
over the same records, and all outputs must be equal, row for row.

    join_agreement.py [seeds=10] [first=1]        TURGO_PROGRAM: the program, else build/dev/turgo

Twelve stream-stream, four table-table, two stream-table and two foreign-key joins for each seed, and those of tables once more with
a history (Kafka Streams' versioned stores). The jars come from Maven
Central, once, to build/kafka-streams."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PER_FILE = 50
JOINS = 28  # of a seed


def jars():
    folder = os.environ.get("KAFKA_STREAMS_DIR", os.path.join(ROOT, "build", "kafka-streams"))
    pom = os.path.join(HERE, "joins", "pom.xml")
    stamp = os.path.join(folder, "pom.xml")
    if not os.path.exists(stamp) or open(stamp).read() != open(pom).read():
        shutil.rmtree(folder, ignore_errors=True)
        command = ["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", "-DoutputDirectory=" + folder, "-DincludeScope=runtime"]
        if subprocess.run(command, stdin=subprocess.DEVNULL).returncode != 0:
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # once more if the network failed for a moment
        shutil.copy(pom, stamp)
    return os.path.join(folder, "*")


def compare(program, first, count, folder):
    """One test file; its number of cases, or 0 if they differ."""
    tests = os.path.join(folder, f"joins-{first}.json")
    java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", jars(), os.path.join(HERE, "joins", "JoinAgreement.java")]
    with open(tests, "w") as out:
        subprocess.run(java + [str(first), str(count)], stdout=out, check=True)
    result = subprocess.run([program, "test", tests], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        kept = os.path.join(tempfile.gettempdir(), os.path.basename(tests))
        shutil.copy(tests, kept)
        print("\n".join(result.stdout.splitlines()[-60:]))
        print(f"the tests are in {kept}")
        return 0
    summary = result.stdout.splitlines()[-1].split()
    return int(summary[0]) if summary[1:2] == ["passed,"] else 0


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    program = os.environ.get("TURGO_PROGRAM", os.path.join(ROOT, "build", "dev", "turgo"))
    joins = 0
    with tempfile.TemporaryDirectory() as folder:
        for start in range(first, first + count, PER_FILE):
            seeds = min(PER_FILE, first + count - start)
            agreed = compare(program, start, seeds, folder)
            if agreed != seeds * JOINS:
                sys.exit(f"seeds {start} to {start + seeds - 1}: not all joins agree with Kafka Streams")
            joins += agreed
    print(f"{joins} joins of {count} seeds agree with Kafka Streams")


if __name__ == "__main__":
    main()
