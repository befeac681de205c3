SELECT 007, 1.50, .5, 1., 1e3, 1.5E-3, 'it''s', '', true, NULL FROM S;
