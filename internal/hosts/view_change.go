package hosts

import (
	"context"
	"fmt"
	"reflect"

	"patchmanager/internal/apierr"
	"patchmanager/internal/audit"
	"patchmanager/internal/auth"
	"patchmanager/internal/db"
	"patchmanager/internal/ids"
)

// Views returns the actor's own views and those that others share.
func (s *Service) Views(ctx context.Context, actor auth.Actor) (SavedViewList, error) {
	if err := actor.Require(auth.SeeFleet); err != nil {
		return SavedViewList{}, err
	}
	list, err := listViews(ctx, s.db, actor.UserID)
	return SavedViewList{Items: list}, err
}

// CreateView keeps a filter for the actor.
func (s *Service) CreateView(ctx context.Context, actor auth.Actor, in SavedViewInput) (SavedView, error) {
	if err := actor.Require(auth.OwnAccount); err != nil {
		return SavedView{}, err
	}
	in, err := in.normal()
	if err != nil {
		return SavedView{}, err
	}
	v := SavedView{ID: ids.New(), OwnerID: actor.UserID, Owner: actor.Name, Mine: true, CreatedAt: s.now()}
	v.apply(in, v.CreatedAt)
	err = s.db.InTx(ctx, func(tx db.Tx) error {
		n, err := countViews(ctx, tx, actor.UserID)
		if err != nil {
			return err
		}
		if n >= maxViews {
			return apierr.Conflict("too_many_views", "You have %d saved views, and there may be no more. Delete or change one of them.", n)
		}
		if err := insertView(ctx, tx, v); err != nil {
			return err
		}
		return audit.Append(ctx, tx, v.entry(actor, "host_view.create"))
	})
	return v, viewError(err, in.Name)
}

// UpdateView changes a view of the actor; admins change shared ones of others too.
func (s *Service) UpdateView(ctx context.Context, actor auth.Actor, id ids.ID, change SavedViewChange) (v SavedView, err error) {
	var in SavedViewInput
	err = s.changeView(ctx, actor, id, func(tx db.Tx, before SavedView) error {
		if in, err = change.on(before).normal(); err != nil {
			return err
		}
		if v = before; reflect.DeepEqual(in, SavedViewChange{}.on(before)) {
			return nil
		}
		v.apply(in, s.now())
		if err := updateView(ctx, tx, v); err != nil {
			return err
		}
		e := v.entry(actor, "host_view.update")
		e.Details["before"] = SavedViewChange{}.on(before)
		return audit.Append(ctx, tx, e)
	})
	return v, viewError(err, in.Name)
}

// DeleteView takes a view away; the hosts stay as they are.
func (s *Service) DeleteView(ctx context.Context, actor auth.Actor, id ids.ID) error {
	return s.changeView(ctx, actor, id, func(tx db.Tx, v SavedView) error {
		if err := deleteView(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, v.entry(actor, "host_view.delete"))
	})
}

// changeView finds a view that the actor may change. What somebody else has not
// shared does not exist.
func (s *Service) changeView(ctx context.Context, actor auth.Actor, id ids.ID, change func(tx db.Tx, v SavedView) error) error {
	if err := actor.Require(auth.OwnAccount); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx db.Tx) error {
		v, err := lockView(ctx, tx, actor.UserID, id)
		if db.IsNoRows(err) {
			return apierr.NotFound("saved view")
		}
		if err != nil {
			return err
		}
		if !v.Mine && !actor.May(auth.ManageUsers) {
			return apierr.Forbidden("forbidden", fmt.Sprintf("Only %s, who made this view, and admins may change it. Save it under a name of your own.", v.Owner))
		}
		return change(tx, v)
	})
}

func viewError(err error, name string) error {
	if db.IsUnique(err, viewNameUnique) {
		return apierr.Invalid(apierr.Detail{Field: "name", Value: name, Message: "Its owner has a saved view of this name. Choose another name, or change that view."})
	}
	return err
}
