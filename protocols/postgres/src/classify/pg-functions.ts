import type { CommandClass } from '@sallyport/core';

/** What calling a pg_catalog function amounts to. */
export interface FunctionEffect {
  readonly class: CommandClass;
  /** Data of relations that the call does not name may come out. */
  readonly opaque?: boolean;
  /** Shows what the server collected of others' data or statements. */
  readonly catalogueData?: boolean;
}

const TABLE: readonly (readonly [FunctionEffect, string])[] = [
  // They run a text as SQL, or read whatever relation a text names.
  [
    { class: 'unknown', opaque: true },
    'query_to_xml query_to_xmlschema query_to_xml_and_xmlschema ts_stat ts_rewrite fmgr_sql_validator plpgsql_call_handler plpgsql_validator',
  ],
  // Input of a type that is given by its OID: a domain's checks run.
  [
    { class: 'unknown' },
    'domain_in domain_recv array_in array_recv record_in record_recv range_in range_recv multirange_in multirange_recv',
  ],
  [
    { class: 'read', opaque: true },
    `table_to_xml table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema
    database_to_xml database_to_xmlschema database_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema
    lo_get lo_open loread lo_lseek lo_lseek64 lo_tell lo_tell64 lo_close`,
  ],
  [{ class: 'write', opaque: true }, 'lo_creat lo_create lo_from_bytea lo_put lo_truncate lo_truncate64 lo_unlink lowrite'],
  // Files of the server, write-ahead log, other sessions, configuration, replication.
  [
    { class: 'admin', opaque: true },
    `pg_read_file pg_read_file_old pg_read_binary_file pg_stat_file lo_import lo_export pg_ls_dir pg_ls_archive_statusdir pg_ls_logdir
    pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_ls_tmpdir pg_ls_waldir
    pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings pg_get_backend_memory_contexts
    pg_logical_slot_get_changes pg_logical_slot_get_binary_changes pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes`,
  ],
  [
    { class: 'admin' },
    `pg_cancel_backend pg_terminate_backend pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old pg_promote pg_switch_wal
    pg_create_restore_point pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup pg_wal_replay_pause pg_wal_replay_resume
    pg_log_backend_memory_contexts pg_log_standby_snapshot pg_extension_config_dump pg_import_system_collations pg_nextoid
    pg_stop_making_pinned_objects pg_copy_logical_replication_slot pg_copy_physical_replication_slot pg_create_logical_replication_slot
    pg_create_physical_replication_slot pg_drop_replication_slot pg_replication_slot_advance pg_sync_replication_slots
    pg_replication_origin_advance pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_session_reset
    pg_replication_origin_session_setup pg_replication_origin_xact_reset pg_replication_origin_xact_setup
    pg_stat_reset pg_stat_reset_backend_stats pg_stat_reset_replication_slot pg_stat_reset_shared
    pg_stat_reset_single_function_counters pg_stat_reset_single_table_counters pg_stat_reset_slru pg_stat_reset_subscription_stats
    pg_restore_attribute_stats pg_restore_relation_stats pg_clear_attribute_stats pg_clear_relation_stats
    binary_upgrade_add_sub_rel_state binary_upgrade_create_empty_extension binary_upgrade_logical_slot_has_caught_up
    binary_upgrade_replorigin_advance binary_upgrade_set_missing_value binary_upgrade_set_next_array_pg_type_oid
    binary_upgrade_set_next_heap_pg_class_oid binary_upgrade_set_next_heap_relfilenode binary_upgrade_set_next_index_pg_class_oid
    binary_upgrade_set_next_index_relfilenode binary_upgrade_set_next_multirange_array_pg_type_oid
    binary_upgrade_set_next_multirange_pg_type_oid binary_upgrade_set_next_pg_authid_oid binary_upgrade_set_next_pg_enum_oid
    binary_upgrade_set_next_pg_tablespace_oid binary_upgrade_set_next_pg_type_oid binary_upgrade_set_next_toast_pg_class_oid
    binary_upgrade_set_next_toast_relfilenode binary_upgrade_set_record_init_privs`,
  ],
  [{ class: 'write' }, 'nextval setval pg_notify pg_logical_emit_message'],
  [
    { class: 'session' },
    `setseed pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared
    pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock
    pg_try_advisory_xact_lock_shared pg_export_snapshot pg_stat_clear_snapshot pg_stat_force_next_flush brin_desummarize_range
    brin_summarize_new_values brin_summarize_range gin_clean_pending_list`,
  ],
  // Others' statements and samples of others' values.
  [
    { class: 'read', catalogueData: true },
    `pg_stat_get_activity pg_stat_get_backend_activity pg_prepared_statement pg_cursor pg_mcv_list_items pg_stat_get_progress_info
    pg_stat_get_wal_receiver pg_stat_get_subscription pg_get_statisticsobjdef_expressions`,
  ],
];

const EFFECTS: ReadonlyMap<string, FunctionEffect> = new Map(
  TABLE.flatMap(([effect, names]) => names.split(/\s+/).map((name) => [name, effect] as const)),
);

const READ: FunctionEffect = { class: 'read' };

/** Volatile functions that only tell something, or compute by chance: everything volatile is in one of these lists. */
const TELLING: ReadonlySet<string> = new Set(
  `amvalidate array_sample array_shuffle clock_timestamp current_query currtid2 currval gen_random_uuid lastval pg_available_wal_summaries
  pg_blocking_pids pg_collation_actual_version pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system
  pg_current_logfile pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_collation_actual_version
  pg_database_size pg_get_aios pg_get_loaded_modules pg_get_multixact_members pg_get_sequence_data pg_get_shmem_allocations
  pg_get_shmem_allocations_numa pg_get_wait_events pg_get_wal_replay_pause_state pg_get_wal_resource_managers
  pg_get_wal_summarizer_state pg_indexes_size pg_is_in_backup pg_is_in_recovery pg_is_wal_replay_paused
  pg_isolation_test_session_is_blocked pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn
  pg_last_xact_replay_timestamp pg_lock_status pg_notification_queue_usage pg_partition_ancestors pg_partition_tree pg_prepared_xact
  pg_relation_size pg_replication_origin_progress pg_replication_origin_session_is_setup pg_replication_origin_session_progress
  pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_show_replication_origin_status pg_sleep pg_sleep_for pg_sleep_until
  pg_stat_get_backend_io pg_stat_get_backend_wal pg_stat_get_io pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched
  pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time
  pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
  pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated
  pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size pg_tablespace_size
  pg_total_relation_size pg_wal_summary_contents pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status random
  random_normal set_config timeofday txid_status uuidv4 uuidv7`.split(/\s+/),
);

/** False for a volatile function of pg_catalog that is newer than these tables: what it does is unknown. */
export function isKnownFunction(name: string): boolean {
  return EFFECTS.has(name) || TELLING.has(name);
}

/**
 * What a call of the pg_catalog function of this name does. Whatever the table does not name only
 * computes or reads: the table was made from every volatile function of PostgreSQL 15 to 18, and the
 * stable ones that follow names or show statements. `set_config` depends on its arguments and is
 * not here.
 * https://www.postgresql.org/docs/current/functions-admin.html
 */
export function functionEffect(name: string, args: number): FunctionEffect {
  if (name === 'ts_rewrite' && args === 3) return READ; // that one rewrites by values, not by a query
  return EFFECTS.get(name) ?? READ;
}

/**
 * Relations of pg_catalog that show other people's values, statements or secrets. Their rows may
 * hold data of any table, so that no column's origin says what is in them.
 */
const COLLECTED: ReadonlySet<string> = new Set(
  `pg_stats pg_stats_ext pg_stats_ext_exprs pg_statistic pg_statistic_ext_data pg_stat_activity pg_stat_statements pg_stat_statements_info
  pg_prepared_statements pg_cursors pg_largeobject pg_backend_memory_contexts pg_authid pg_shadow pg_user_mapping pg_user_mappings
  pg_subscription pg_stat_subscription pg_stat_wal_receiver pg_hba_file_rules pg_ident_file_mappings pg_file_settings
  user_mapping_options _pg_user_mappings`.split(/\s+/),
);

export function isCollectedData(relation: string): boolean {
  return COLLECTED.has(relation);
}
