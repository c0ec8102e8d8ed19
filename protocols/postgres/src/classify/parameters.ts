import type { CommandClass } from '@sallyport/core';
import { mayCarryUtf8 } from '../startup/client-settings.ts';

/** What changing a run-time parameter amounts to. */
export interface ParameterEffect {
  readonly class: CommandClass;
  readonly reason?: string;
}

/** Who one is: these decide whose rights hold from here on. */
const IDENTITY = new Set(['role', 'session_authorization', 'is_superuser']);

/** Parameters that load code, switch off protections, hide traces or reach into the server. */
const ADMIN = new Set([
  'allow_system_table_mods',
  'archive_command',
  'dynamic_library_path',
  'event_triggers',
  'extension_control_path',
  'ignore_checksum_failure',
  'ignore_invalid_pages',
  'ignore_system_indexes',
  'jit_provider',
  'lo_compat_privileges',
  'local_preload_libraries',
  'log_statement',
  'session_preload_libraries',
  'session_replication_role',
  'shared_preload_libraries',
  'track_activities',
  'zero_damaged_pages',
]);

/**
 * Classifies SET, RESET and set_config.
 *
 * @param name the parameter's name in lower case; `all` for RESET ALL.
 * @param value the new value's text; undefined where it goes back to its default.
 */
export function parameterEffect(name: string, value: string | undefined): ParameterEffect {
  if (IDENTITY.has(name)) return { class: 'privilege' };
  if (ADMIN.has(name)) return { class: 'admin', reason: `The parameter ${name} reaches into the server itself.` };
  if (name === 'standard_conforming_strings' && value !== undefined && !/^(on|true|yes|1|t|y|tr|tru|ye)$/i.test(value)) {
    return { class: 'unknown', reason: 'With standard_conforming_strings off, later texts cannot be read safely.' };
  }
  if (name === 'client_encoding' && value !== undefined && !mayCarryUtf8(value)) {
    return { class: 'unknown', reason: 'Texts in that client_encoding cannot be read safely: use UTF8.' };
  }
  return { class: 'session' };
}
