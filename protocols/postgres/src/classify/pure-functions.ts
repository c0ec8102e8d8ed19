const WORDS = `
abs acos age ascii asin atan atan2 avg bit_length bool_and bool_or btrim cardinality cbrt ceil ceiling char_length
character_length chr clock_timestamp coalesce concat concat_ws corr cos cot count covar_pop covar_samp current_database
current_schema cume_dist date date_bin date_part date_trunc degrees dense_rank div every exp extract factorial first_value
floor format format_type gcd greatest initcap isfinite justify_days justify_hours justify_interval lag last_value lcm lead
least left length ln log log10 lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz max md5 min
mod mode now nth_value ntile nullif octet_length overlay percent_rank percentile_cont percentile_disc pg_backend_pid pi
position power quote_ident quote_literal radians random rank repeat replace reverse right round row_number rpad rtrim scale
sha224 sha256 sha384 sha512 sign sin split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp strpos
substr substring sum tan timeofday timestamp timezone to_char to_date to_hex to_number to_timestamp transaction_timestamp
translate trim trim_scale trunc upper var_pop var_samp variance version width_bucket
`;

/**
 * Functions of pg_catalog that compute from their arguments alone, by the names that the grammar
 * gives them. Over protected data an output made of these and of unmasked columns may be seen; a
 * function that is not here hides its output. A closed list, so that a new one hides.
 * https://www.postgresql.org/docs/current/functions.html
 */
export const PURE_FUNCTIONS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));

/** They compute too, of values that are stored rather than shown: makers of keys, documents, arrays and ranges. */
const STORABLE = `
array_agg array_append array_cat array_fill array_length array_lower array_ndims array_position array_positions array_prepend array_remove
array_replace array_to_json array_to_string array_to_tsvector array_upper bit_and bit_or convert_from convert_to crc32 crc32c currval
daterange decode encode gen_random_uuid generate_series generate_subscripts get_bit get_byte host int4range int8range json_array_length
json_build_array json_build_object json_extract_path json_extract_path_text json_object json_strip_nulls json_typeof jsonb_array_length
jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_path_query_first jsonb_set
jsonb_set_lax jsonb_strip_nulls jsonb_typeof lastval make_timestamptz masklen multirange network nextval num_nonnulls num_nulls numrange
point quote_nullable random_normal regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
regexp_split_to_array regexp_substr row_to_json set_bit set_byte setweight string_agg string_to_array strip to_json to_jsonb to_tsquery
to_tsvector plainto_tsquery phraseto_tsquery websearch_to_tsquery tsrange tstzrange unnest uuidv4 uuidv7
`;

const COMPUTING: ReadonlySet<string> = new Set([...PURE_FUNCTIONS, ...STORABLE.trim().split(/\s+/)]);

/** False for a function that may read relations, or that is not known: by its name as written. */
export function computes(parts: readonly string[]): boolean {
  return (parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog')) && COMPUTING.has(parts.at(-1) ?? '');
}
