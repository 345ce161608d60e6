package audit

import (
	"context"
	"fmt"
	"math"

	"patchmanager/internal/db"
)

// exportBatch is how many checkpoints are exported with one flush.
const exportBatch = 500

// sink is a place outside of the database.
type sink interface {
	// name is the key of the sink's row.
	name() string
	// put appends checkpoints durably. last is the newest one that was noted as
	// exported; what is there already, because a crash came before the note, is
	// not put there again. It returns the size of the newest one that is there.
	put(ctx context.Context, tx db.Tx, last int64) (upTo int64, more bool, err error)
}

// sink is where the settings say; nil for nowhere.
func (s *Service) sink() sink {
	switch set := s.settings(); set.Export {
	case ExportFile:
		return &fileSink{path: set.ExportPath}
	case ExportSyslog:
		return &syslogSink{address: set.SyslogAddress}
	}
	return nil
}

// exportOnce brings new checkpoints outside. What fails is tried again with the
// next turn, from the same place on.
func (s *Service) exportOnce(ctx context.Context) (again bool, err error) {
	to := s.sink()
	if to == nil {
		return false, nil
	}
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		mine, last, err := lockSink(ctx, tx, to.name())
		if err != nil || !mine {
			return err
		}
		upTo, more, err := to.put(ctx, tx, last)
		if err != nil || upTo == last {
			return err
		}
		if err := s.crash("after export"); err != nil {
			return err
		}
		again = more
		return noteExported(ctx, tx, to.name(), upTo, s.now())
	})
	if err != nil {
		return false, fmt.Errorf("export audit checkpoints to %s: %w", to.name(), err)
	}
	return again, nil
}

// due reads the checkpoints behind last, as lines.
func due(ctx context.Context, tx db.Tx, last int64) (lines [][]byte, upTo int64, err error) {
	list, err := checkpointsBetween(ctx, tx, last, math.MaxInt64, exportBatch)
	if err != nil {
		return nil, 0, err
	}
	upTo = last
	for _, c := range list {
		line, err := c.line()
		if err != nil {
			return nil, 0, err
		}
		lines, upTo = append(lines, line), c.Size
	}
	return lines, upTo, nil
}
