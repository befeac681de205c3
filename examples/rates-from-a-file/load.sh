#!/bin/sh
# Writes a file of lines KEY,VALUE to a topic whenever the file has changed: ./load.sh rates.csv localhost:9092 rates-file
# Replace the file by renaming a new one over it, so that no half-written one is read. Needs Kafka's own tools in the PATH. A line
# that is gone from the file leaves its row in the table; KEY,NULL deletes it.
file=$1 brokers=$2 topic=$3 loaded=
while :; do
    changed=$(ls -lin --time-style=full-iso "$file" 2>/dev/null)
    if [ -n "$changed" ] && [ "$changed" != "$loaded" ]; then
        kafka-console-producer.sh --bootstrap-server "$brokers" --topic "$topic" --property parse.key=true \
            --property key.separator=, --property null.marker=NULL <"$file" && loaded=$changed
    fi
    sleep 1
done
