select count(*) as value from nps_answers
