DEFINE clicks = 'clicks';
