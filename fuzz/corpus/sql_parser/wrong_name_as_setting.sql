SET commit.interval.ms = '100';
