import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import {
  type DefaultValues,
  type FieldValues,
  type Path,
  type Resolver,
  useForm,
} from 'react-hook-form';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import type { Settings } from '../../api/types';
import type { ZodType } from '../../lib/schema';

/**
 * A form over one section of the settings. It remembers which version it was
 * opened with, so that a save never overwrites what somebody else stored
 * meanwhile: that is refused, and [takeOver] then puts one's own edits on top of
 * what is stored now.
 */
export function useSection<K extends keyof Settings, F extends FieldValues>(
  section: K,
  stored: Settings[K],
  fieldsOf: (stored: Settings[K]) => F,
  schema: ZodType<F, F>,
) {
  const client = useQueryClient();
  const [base, setBase] = useState(stored);
  const form = useForm<F>({
    resolver: zodResolver(schema) as Resolver<F>,
    defaultValues: fieldsOf(stored) as DefaultValues<F>,
  });
  const { isDirty, dirtyFields } = form.formState;
  // Versions only grow, and the cache may still say the old one just after a save.
  const newer = stored.version > base.version;
  useEffect(() => {
    if (!newer || isDirty) return;
    setBase(stored);
    form.reset(fieldsOf(stored));
  }, [newer, isDirty, stored, form, fieldsOf]);
  const open = (value: Settings[K]) => {
    setBase(value);
    form.reset(fieldsOf(value));
  };
  return {
    form,
    version: base.version,
    /** Somebody stored another version while edits are open. */
    changedMeanwhile: newer && isDirty,
    saved: open,
    discard: () => open(stored),
    async takeOver() {
      const mine = Object.keys(dirtyFields) as Path<F>[];
      const edits = mine.map((name) => [name, form.getValues(name)] as const);
      const now = await call('getSettings', {});
      open(now[section]);
      for (const [name, value] of edits) form.setValue(name, value, { shouldDirty: true });
      client.setQueryData(keys.settings, now);
    },
  };
}
