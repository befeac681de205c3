DEFINE name = 'clicks'; DEFINE n = '-4'; CREATE STREAM ${name} WITH (KAFKA_TOPIC='${name}-x', PARTITIONS=${n}); UNDEFINE name;
