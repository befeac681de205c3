SELECT * FROM 'clicks';
