import { Fragment } from 'react';
import type { Label } from '../../api/types';
import { paths } from '../../lib/paths';
import { Link } from '../../ui/Link';
import { labelText } from './labelText';

/** The labels of a host, each leading to all hosts that have it. */
export function LabelLinks({ labels }: { labels: Label[] }) {
  if (labels.length === 0) return 'none';
  return labels.map((label, i) => (
    <Fragment key={label.key}>
      {i > 0 && ', '}
      <Link to={`${paths.hosts}?${new URLSearchParams({ label: labelText(label) })}`}>
        {labelText(label)}
      </Link>
    </Fragment>
  ));
}
