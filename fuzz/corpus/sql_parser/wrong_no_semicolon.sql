SET 'auto.offset.reset'='earliest'
CREATE STREAM b AS SELECT * FROM a;
