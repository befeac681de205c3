SET 'a'='';
