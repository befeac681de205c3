SELECT * FROM topic;
