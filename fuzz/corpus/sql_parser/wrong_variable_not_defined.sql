DEFINE topic_name = 'x';
SELECT ${topic_nam} FROM s;
