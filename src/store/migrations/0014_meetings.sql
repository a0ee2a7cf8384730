-- No table is another: the views of the registers are made anew behind each step, and two of them are new.
select 1;
