create stream clicks (id int key, url varchar) with (kafka_topic='clicks', value_format='JSON', partitions=4);
